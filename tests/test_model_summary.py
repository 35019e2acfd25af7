"""The verb prints the table of the task, whatever the task."""

import pytest
from line_task import LineTask

from copypaste_tf import config_flags
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config
from copypaste_tf.verbs import model_summary


@pytest.fixture
def line():
  registry.register(LineTask)
  yield
  registry.unregister('line')


def test_the_verb_prints_the_table_of_the_task(line, monkeypatch, capsys):
  resolved = gin_config.load([], ["experiment.task = 'line'"])
  monkeypatch.setattr(config_flags, 'load', lambda: resolved)
  model_summary.main()
  header, dense, total = capsys.readouterr().out.splitlines()
  assert header.split() == ['part', 'parameters']
  assert dense.startswith('dense') and dense.split()[1] == '1'
  assert total.split() == ['total', '1']
