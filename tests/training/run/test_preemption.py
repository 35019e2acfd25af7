"""A run that gets SIGTERM saves and ends; the same command resumes it."""

import os
import signal
import threading

import numpy as np
import pytest
import tiny_run

from copypaste_tf.training.run.preemption import Preempted, Preemption


def test_a_run_ends_only_after_sigterm():
  saved = []
  preemption = Preemption(lambda: saved.append(1), saved.append)
  before = signal.getsignal(signal.SIGTERM)
  with preemption.listening():
    preemption(None)
    assert not saved
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Preempted) as stopped:
      preemption(None)
  assert stopped.value.code == 143
  assert saved[0] == 1 and 'goes on' in saved[1]
  assert signal.getsignal(signal.SIGTERM) is before


def test_all_workers_save_when_one_gets_sigterm():
  saved = []
  received = {'this': False, 'other': False}

  def any_worker(this):
    received['this'] = this
    return any(received.values())

  preemption = Preemption(lambda: saved.append(1), print, any_worker)
  preemption(None)
  received['other'] = True
  with pytest.raises(Preempted):
    preemption(None)
  assert saved == [1] and not received['this']


def test_other_threads_cannot_listen_and_do_not_fail():
  failures = []

  def run():
    try:
      with Preemption(lambda: None, print).listening():
        pass
    except ValueError as error:
      failures.append(error)

  thread = threading.Thread(target=run)
  thread.start()
  thread.join()
  assert not failures


@pytest.mark.slow
def test_a_run_resumes_after_sigterm(shapes_params, tmp_path):
  def terminate(step):
    if step == 4:
      os.kill(os.getpid(), signal.SIGTERM)

  with pytest.raises(Preempted):
    tiny_run.run(tmp_path, shapes_params, terminate)
  stopped = [step for step, _ in tiny_run.ids(tmp_path)]
  # Checkpoints are due every 3 steps; the step of the signal ends first.
  assert stopped == list(range(5))
  assert (tmp_path / 'model/ckpt-5.index').exists()
  tiny_run.run(tmp_path, shapes_params)
  steps = [step for step, _ in tiny_run.ids(tmp_path)]
  assert steps == list(range(tiny_run.STEPS))
  assert np.isfinite(list(tiny_run.weights(tmp_path).values())[0]).all()


@pytest.mark.thorough
@pytest.mark.slow
def test_a_run_resumes_from_the_checkpoint_before_a_damaged_one(
  shapes_params, tmp_path, capsys
):
  tiny_run.run(tmp_path, shapes_params)
  expected = tiny_run.weights(tmp_path)
  last = tmp_path / f'model/ckpt-{tiny_run.STEPS}.data-00000-of-00001'
  last.write_bytes(last.read_bytes()[:50])
  tiny_run.run(tmp_path, shapes_params)
  assert f'ckpt-{tiny_run.STEPS} is damaged' in capsys.readouterr().err
  steps = [step for step, _ in tiny_run.ids(tmp_path)]
  assert steps[tiny_run.STEPS :] == [9, 10, 11]
  resumed = tiny_run.weights(tmp_path)
  for name, value in expected.items():
    np.testing.assert_array_equal(value, resumed[name], err_msg=name)
