"""The steps of an experiment run in order, up to the first failure."""

import pytest

from experiments import steps


def test_a_failure_ends_the_steps_with_its_status(capfd):
  commands = {
    'Good': ['json.tool', '--help'],
    'Bad': ['json.tool', '--no_such_flag'],
    'Never': ['json.tool', '--help'],
  }
  with pytest.raises(SystemExit) as stop:
    steps.run(commands)
  assert stop.value.code == 2
  printed = capfd.readouterr().out
  assert '[1/3] Good' in printed and '[2/3] Bad' in printed
  assert 'Never' not in printed


def test_one_step_takes_the_seconds_so_far(capfd):
  with pytest.raises(SystemExit):
    steps.run({'Report': ['json.tool']}, takes_seconds='Report')
  assert 'python -m json.tool --seconds=0' in capfd.readouterr().out
