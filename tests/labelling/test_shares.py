"""Every shard goes to one machine."""

import json
import os
import socket
import subprocess
import sys

import pytest
import tiny_teacher

from copypaste_tf import file_lock
from copypaste_tf.labelling import shard_files, shares
from copypaste_tf.labelling import shards as shards_module


def test_numbers_divide_the_shards():
  parts = [shares.numbered(range(7), worker, 3) for worker in range(3)]
  assert parts == [[0, 3, 6], [1, 4], [2, 5]]
  assert shares.numbered([4, 6], 0, 3) == [6]


@pytest.fixture
def done(monkeypatch):
  """The numbers of the shards that are finished."""
  numbers = set()
  monkeypatch.setattr(
    shards_module, 'is_finished', lambda _, index: index in numbers
  )
  return numbers


@pytest.fixture
def job(tmp_path):
  (tmp_path / 'out').mkdir()
  paths = [f'{tmp_path}/in-{index}' for index in range(3)]
  return tiny_teacher.job(tmp_path / 'out', paths)


def lock_of(job, index):
  return shard_files.lock_path(job.path(index))


def locks(job):
  return os.listdir(os.path.dirname(job.output))


def write_lock(job, index, **changes):
  """Writes a lock as another process would."""
  owner = file_lock._identity() | {'beat': 5, 'token': 'x'}
  with open(lock_of(job, index), 'w') as file:
    json.dump(owner | {'note': shares._note(job)} | changes, file)


def test_a_claimed_shard_is_locked_until_the_next_one(job, done):
  claimed = shares.claimed(range(3), job)
  assert next(claimed) == 0
  assert file_lock._read(lock_of(job, 0))['pid'] and len(locks(job)) == 1
  done.update({1, 2})
  assert not list(shares.claimed(range(3), job))  # This process is alive.
  done.difference_update({1, 2})
  done.add(0)
  assert list(claimed) == [1, 2]
  assert not locks(job)


def test_those_who_come_later_begin_elsewhere(job, done, monkeypatch):
  write_lock(job, 0)
  monkeypatch.setattr(socket, 'gethostname', lambda: 'a')
  first = set()
  for pid in range(8):
    monkeypatch.setattr(os, 'getpid', lambda pid=pid: pid)
    first.add(next(shares.claimed(range(3), job)))
  assert first == {1, 2}


def test_the_shard_of_a_killed_machine_is_taken_last(job, done):
  dead = subprocess.Popen([sys.executable, '-c', ''])
  dead.wait()
  write_lock(job, 1, pid=dead.pid)
  done.add(0)
  assert list(shares.claimed(range(3), job)) == [2, 1]


def test_a_finished_shard_is_not_claimed(job, done):
  done.update({0, 1, 2})
  assert not list(shares.claimed(range(3), job)) and not locks(job)


def test_a_job_of_workers_without_locks_is_alone(job, done):
  with shares.alone(job), pytest.raises(file_lock.LockedError):
    shares.require_no_others(job)
  assert not locks(job)
  write_lock(job, 2)
  shares.require_no_others(job)
  with pytest.raises(file_lock.LockedError, match='--output='):
    shares.alone(job)
