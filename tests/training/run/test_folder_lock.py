"""One process at a time trains in a folder; a dead one holds no lock."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from copypaste_tf.training.run import folder_lock
from copypaste_tf.training.run.folder_lock import LockedError, held


@pytest.fixture(autouse=True)
def quick(monkeypatch):
  monkeypatch.setattr(folder_lock, '_BEAT_SECONDS', 0.1)
  monkeypatch.setattr(folder_lock, '_SETTLE_SECONDS', 0.05)


def lock_of(folder, **changes):
  """Writes a lock as another process would."""
  path = folder / folder_lock.TRAIN
  content = folder_lock._identity() | {
    'token': 'other',
    'since': 'yesterday',
    'beat': 1,
  }
  path.write_text(json.dumps(content | changes))
  return path


def test_a_second_training_is_refused_until_the_first_ends(tmp_path):
  folder = str(tmp_path / 'new')
  with held(folder, 'train') as check:
    check()
    with pytest.raises(LockedError) as caught, held(folder, 'train_and_eval'):
      pass
    assert f'process {os.getpid()} on ' in str(caught.value)
    assert '--model_dir' in str(caught.value)
  with held(folder, 'train_and_eval'):
    pass
  assert not os.listdir(folder)


def test_an_evaluator_may_work_beside_a_trainer(tmp_path):
  with held(str(tmp_path), 'train'), held(str(tmp_path), 'continuous_eval'):
    for mode in ('eval', 'train_and_eval'):
      with pytest.raises(LockedError), held(str(tmp_path), mode):
        pass


def test_a_refused_mode_leaves_no_lock_of_its_own(tmp_path):
  with held(str(tmp_path), 'eval'):
    evaluates = pytest.raises(LockedError, match='evaluates in this folder')
    with evaluates, held(str(tmp_path), 'train_and_eval'):
      pass
    with held(str(tmp_path), 'train'):
      pass


def test_a_dead_process_of_this_machine_holds_nothing(tmp_path):
  ended = subprocess.Popen([sys.executable, '-c', ''])
  ended.wait()
  lock_of(tmp_path, pid=ended.pid, birth='1')
  with held(str(tmp_path), 'train'):
    pass


def test_a_later_process_with_the_same_number_holds_nothing(tmp_path):
  lock_of(tmp_path, birth='1')
  with held(str(tmp_path), 'train'):
    pass


def test_a_silent_process_of_another_machine_holds_nothing(tmp_path):
  lock_of(tmp_path, machine='elsewhere')
  began = time.monotonic()
  with held(str(tmp_path), 'train'):
    pass
  assert time.monotonic() - began > 0.2


def test_a_beating_process_of_another_machine_holds_its_lock(tmp_path):
  path, ended = lock_of(tmp_path, machine='elsewhere', host='far'), []

  def beat():
    number = 1
    while not ended:
      number += 1
      lock_of(tmp_path, machine='elsewhere', host='far', beat=number)
      time.sleep(0.02)

  thread = threading.Thread(target=beat)
  thread.start()
  try:
    trains = pytest.raises(LockedError, match='on far trains in this folder')
    with trains, held(str(tmp_path), 'train'):
      pass
  finally:
    ended.append(True)
    thread.join()
  assert path.exists()


def test_an_old_lock_of_another_machine_is_not_waited_for(
  tmp_path, monkeypatch
):
  path = lock_of(tmp_path, machine='elsewhere')
  os.utime(path, (0, 0))
  monkeypatch.setattr(folder_lock, '_BEAT_SECONDS', 1000.0)
  with held(str(tmp_path), 'train'):
    pass


@pytest.mark.parametrize('text', ['', '[]', '{"pid": '])
def test_a_damaged_lock_holds_nothing(tmp_path, text):
  (tmp_path / folder_lock.TRAIN).write_text(text)
  with held(str(tmp_path), 'train'):
    pass


def test_a_lock_that_was_taken_over_stops_the_run(tmp_path):
  with held(str(tmp_path), 'train') as check:
    lock_of(tmp_path, host='far')
    time.sleep(0.3)
    with pytest.raises(LockedError, match='on far'):
      check()
  assert (tmp_path / folder_lock.TRAIN).exists()


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
  (tmp_path / 'file').write_text('')
  for name in ('file', 'file/model'):
    folder = str(tmp_path / name)
    refused = pytest.raises(ValueError, match='--model_dir: cannot write')
    with refused as caught, held(folder, 'train'):
      pass
    assert '\n' not in str(caught.value) and folder in str(caught.value)


def test_a_removed_folder_is_no_error_of_the_lock(tmp_path):
  folder = tmp_path / 'model'
  with held(str(folder), 'train') as check:
    (folder / folder_lock.TRAIN).unlink()
    folder.rmdir()
    check()
