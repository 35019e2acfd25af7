"""A run that ends anywhere and is started again equals one that never ended."""

import signal
import subprocess
import sys

import numpy as np
import pytest
import tiny_run


@pytest.mark.slow
def test_a_resumed_run_equals_one_in_one_go(shapes_params, tmp_path):
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  parts.mkdir()
  tiny_run.run(whole, shapes_params)
  expected = tiny_run.ids(whole)
  assert [step for step, _ in expected] == list(range(tiny_run.STEPS))

  killed = subprocess.run(
    [sys.executable, tiny_run.__file__, str(parts), '5', *shapes_params],
    capture_output=True,
    text=True,
    check=False,
  )
  assert killed.returncode == -signal.SIGKILL, killed.stderr
  tiny_run.run(parts, shapes_params)

  found = tiny_run.ids(parts)
  # The last checkpoint was written after 3 steps.
  steps = [*range(6), *range(3, tiny_run.STEPS)]
  assert [step for step, _ in found] == steps
  assert found == [expected[step] for step in steps]
  assert len({str(batch) for _, batch in expected}) == tiny_run.STEPS

  weights, other = tiny_run.weights(whole), tiny_run.weights(parts)
  assert len(weights) >= 3 and weights.keys() == other.keys()
  for name, value in weights.items():
    np.testing.assert_array_equal(value, other[name], err_msg=name)
