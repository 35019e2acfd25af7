"""A dead process holds no lock, and of two processes one gets it."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from copypaste_tf import file_lock
from copypaste_tf.file_lock import Lock, LockedError, Place

PLACE = Place('--output', 'there', 'works here')


@pytest.fixture(autouse=True)
def quick(monkeypatch):
  monkeypatch.setattr(file_lock, '_BEAT_SECONDS', 0.1)
  monkeypatch.setattr(file_lock, '_SETTLE_SECONDS', 0.05)


@pytest.fixture
def path(tmp_path):
  return str(tmp_path / 'one.lock')


def written(path, **changes):
  """Writes a lock as another process would."""
  content = file_lock._identity() | {
    'token': 'other',
    'since': 'yesterday',
    'work': 'is at work',
    'note': 'theirs',
    'beat': 1,
  }
  with open(f'{path}.new', 'w') as file:
    json.dump(content | changes, file)
  os.replace(f'{path}.new', path)


def test_a_second_process_is_told_who_has_the_lock_until_its_end(path):
  with Lock(path, Place('--output', 'there', 'exports')):
    with pytest.raises(LockedError) as caught, Lock(path, PLACE):
      pass
    message = str(caught.value)
    assert message.startswith(f'--output=there: process {os.getpid()} on ')
    assert ' exports since ' in message and '\n' not in message
    assert 'another --output' in message and path in message
  with Lock(path, PLACE):
    pass
  assert not os.listdir(os.path.dirname(path))


def test_of_many_who_start_together_one_gets_a_new_lock(path, monkeypatch):
  together = threading.Barrier(8)
  got, refused, starting = [], [], set()
  read = file_lock._read

  def late(path):
    owner = read(path)
    if threading.current_thread() in starting:
      starting.remove(threading.current_thread())
      together.wait(10)  # None of them sees the lock of another.
    return owner

  def start():
    try:
      got.append(Lock(path, PLACE))
    except LockedError as error:
      refused.append(str(error))

  monkeypatch.setattr(file_lock, '_read', late)
  threads = [threading.Thread(target=start) for _ in range(8)]
  starting.update(threads)
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert len(got) == 1 and len(refused) == 7
  assert f'process {os.getpid()}' in refused[0]
  got[0].release()
  assert not os.listdir(os.path.dirname(path))


def test_a_lock_that_is_released_while_it_is_watched_is_free(path):
  written(path, machine='elsewhere')
  threading.Timer(0.05, os.remove, [path]).start()
  with Lock(path, PLACE):
    assert os.path.exists(path)


def test_a_file_system_without_links_has_locks_too(path, monkeypatch):
  def refuses(*_):
    raise PermissionError('no links here')

  monkeypatch.setattr(os, 'link', refuses)
  with Lock(path, PLACE), pytest.raises(LockedError), Lock(path, PLACE):
    pass
  assert not os.listdir(os.path.dirname(path))


def test_a_dead_process_of_this_machine_holds_nothing(path):
  ended = subprocess.Popen([sys.executable, '-c', ''])
  ended.wait()
  written(path, pid=ended.pid, birth='1')
  with Lock(path, PLACE):
    pass


def test_a_dead_process_whose_parent_does_not_care_holds_nothing(path):
  ended = subprocess.Popen([sys.executable, '-c', ''])
  os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
  with open(f'/proc/{ended.pid}/stat') as file:  # Still there.
    birth = file.read().rpartition(')')[2].split()[19]
  written(path, pid=ended.pid, birth=birth)
  with Lock(path, PLACE):
    pass
  ended.wait()


def test_a_later_process_with_the_same_number_holds_nothing(path):
  written(path, birth='1')
  with Lock(path, PLACE):
    pass


def test_a_silent_process_of_another_machine_holds_nothing(path):
  written(path, machine='elsewhere')
  began = time.monotonic()
  with Lock(path, PLACE):
    pass
  assert time.monotonic() - began > 0.2


def test_a_beating_process_of_another_machine_holds_its_lock(path):
  ended = []

  def beat():
    number = 1
    while not ended:
      number += 1
      written(path, machine='elsewhere', host='far', beat=number)
      time.sleep(0.02)

  written(path, machine='elsewhere', host='far')
  thread = threading.Thread(target=beat)
  thread.start()
  try:
    with pytest.raises(LockedError, match='on far is at work since'):
      Lock(path, PLACE)
  finally:
    ended.append(True)
    thread.join()
  assert os.path.exists(path)


def test_an_old_lock_of_another_machine_is_not_waited_for(path, monkeypatch):
  written(path, machine='elsewhere')
  os.utime(path, (0, 0))
  monkeypatch.setattr(file_lock, '_BEAT_SECONDS', 1000.0)
  with Lock(path, PLACE):
    pass


@pytest.mark.parametrize('text', ['', '[]', '{"pid": '])
def test_a_damaged_lock_holds_nothing(path, text):
  with open(path, 'w') as file:
    file.write(text)
  with Lock(path, PLACE):
    pass


def test_a_lock_that_was_taken_over_is_noticed_and_kept(path):
  with Lock(path, PLACE) as lock:
    lock.check()
    written(path, host='far')
    time.sleep(0.3)
    with pytest.raises(LockedError, match='on far'):
      lock.check()
  assert os.path.exists(path)


def test_a_place_is_free_for_those_of_the_same_note_alone(path):
  file_lock.require_free(path, PLACE, 'ours')
  written(path)
  file_lock.require_free(path, PLACE, 'theirs')
  with pytest.raises(LockedError, match='is at work since yesterday'):
    file_lock.require_free(path, PLACE, 'ours')
  written(path, birth='1')  # Its process has ended.
  file_lock.require_free(path, PLACE, 'ours')
