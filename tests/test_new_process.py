import os

import pytest

from copypaste_tf import environment, new_process


def test_the_function_runs_in_a_process_that_may_die(monkeypatch):
  # In place of an initializer that starts TensorFlow.
  monkeypatch.setattr(environment, 'set_level_of_xla', os.getpid)
  assert new_process.call('asks for its number', os.getpid) != os.getpid()
  with pytest.raises(ValueError, match='process that ends early died; out of'):
    new_process.call('ends early', os._exit, 3)
