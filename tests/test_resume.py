"""A run that ends anywhere and is started again equals one that never ended."""

import signal
import subprocess
import sys

import numpy as np
import pytest
import tiny_run


@pytest.mark.slow
def test_a_resumed_run_equals_one_in_one_go(request, shapes_params, tmp_path):
  strategy = request.config.getoption('--strategy')
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  parts.mkdir()
  traced = tiny_run.run(whole, shapes_params, strategy=strategy)
  assert traced == [*range(len(traced))], 'each replica once, over 12 loops'
  killed = run_apart(parts, 5, strategy, shapes_params)
  assert killed.returncode == -signal.SIGKILL, killed.stderr
  tiny_run.run(parts, shapes_params, strategy=strategy)
  check_equal(whole, parts)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_resumed_run_of_two_replicas_equals_one_in_one_go(
  shapes_params, tmp_path
):
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  for folder, step, code in (
    (whole, -1, 0),
    (parts, 5, -signal.SIGKILL),
    (parts, -1, 0),
  ):
    folder.mkdir(exist_ok=True)
    done = run_apart(folder, step, 'mirrored', shapes_params)
    assert done.returncode == code, done.stderr
  check_equal(whole, parts)
  _, first = tiny_run.ids(whole)[0]
  assert len(first) == 2, 'of two replicas'


def run_apart(folder, step, strategy, params):
  """Runs in a process that kills itself at a step; -1 is never."""
  return subprocess.run(
    [sys.executable, tiny_run.__file__, str(folder), str(step), strategy]
    + params,
    capture_output=True,
    text=True,
    check=False,
  )


def check_equal(whole, parts):
  expected, found = tiny_run.ids(whole), tiny_run.ids(parts)
  assert [step for step, _ in expected] == list(range(tiny_run.STEPS))
  # The last checkpoint was written after 3 steps.
  steps = [*range(6), *range(3, tiny_run.STEPS)]
  assert [step for step, _ in found] == steps
  assert found == [expected[step] for step in steps]
  assert len({str(batch) for _, batch in expected}) == tiny_run.STEPS

  weights, other = tiny_run.weights(whole), tiny_run.weights(parts)
  assert len(weights) >= 3 and weights.keys() == other.keys()
  for name, value in weights.items():
    np.testing.assert_array_equal(value, other[name], err_msg=name)
