"""SIGTERM in the middle of a run: it saves, ends, and goes on."""

import os
import signal
import threading

import numpy as np
import pytest
import tiny_run

from copypaste_tf.training.run.preemption import Preempted, Preemption


def test_nothing_happens_unless_asked():
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


def test_all_workers_save_when_one_is_asked():
  saved = []
  asked = {'me': False, 'other': False}

  def anyone(me):
    asked['me'] = me
    return any(asked.values())

  preemption = Preemption(lambda: saved.append(1), print, anyone)
  preemption(None)
  asked['other'] = True
  with pytest.raises(Preempted):
    preemption(None)
  assert saved == [1] and not asked['me']


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
def test_a_run_that_was_asked_to_end_goes_on(shapes_params, tmp_path):
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
def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(
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
  found = tiny_run.weights(tmp_path)
  for name, value in expected.items():
    np.testing.assert_array_equal(value, found[name], err_msg=name)
