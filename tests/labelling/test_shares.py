"""Every shard goes to one machine."""

import json
import subprocess
import sys

from copypaste_tf.labelling import shard_files, shares
from copypaste_tf.training.run import folder_lock


def test_numbers_divide_the_shards():
  parts = [shares.numbered(range(7), worker, 3) for worker in range(3)]
  assert parts == [[0, 3, 6], [1, 4], [2, 5]]
  assert shares.numbered([4, 6], 0, 3) == [6]


def claims(folder, count=3, done=()):
  def path_of(index):
    return f'{folder}/out-{index:05d}-of-00003.tfrecord'

  claimed = shares.claimed(range(count), path_of, lambda i: i in done)
  return claimed, lambda i: shard_files.claim_path(path_of(i))


def test_a_claimed_shard_is_locked_until_the_next_one(tmp_path):
  done = set()
  claimed, lock_of = claims(tmp_path, done=done)
  first = next(claimed)
  held = folder_lock._read(lock_of(first))
  assert held['pid'] and len(list(tmp_path.iterdir())) == 1
  others, _ = claims(tmp_path, done={i for i in range(3) if i != first})
  assert not list(others)  # This process holds it, and is alive.
  done.add(first)
  assert {first, *claimed} == {0, 1, 2}
  assert not list(tmp_path.iterdir())


def test_the_shard_of_a_killed_machine_is_taken_last(tmp_path):
  dead = subprocess.Popen([sys.executable, '-c', ''])
  dead.wait()
  _, lock_of = claims(tmp_path)
  owner = folder_lock._identity() | {'pid': dead.pid, 'beat': 5, 'token': 'x'}
  with open(lock_of(1), 'w') as file:
    json.dump(owner, file)
  claimed, _ = claims(tmp_path, done={0})
  assert list(claimed) == [2, 1]


def test_a_finished_shard_is_not_claimed(tmp_path):
  claimed, _ = claims(tmp_path, done={0, 1, 2})
  assert not list(claimed) and not list(tmp_path.iterdir())
