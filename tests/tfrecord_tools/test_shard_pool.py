"""Tests that several processes write the shards of one, and resuming."""

import threading
from concurrent import futures

import pytest
from coco_folder import CocoFolder, label
from conversion_jobs import entries, job_of

from copypaste_tf.pools.local_pool import LocalPool
from tfrecord_tools import conversion, shard_pool, sharding
from tfrecord_tools.faults import ConversionError


@pytest.fixture
def folder(tmp_path):
  data = CocoFolder(tmp_path / 'data')
  for number in range(1, 7):
    data.add(number, label(number, number))
  return data


def tasks_of(folder):
  return {i: entries(folder)[i::3] for i in range(3)}


def test_workers_write_the_same_bytes(folder):
  alone = shard_pool.write(tasks_of(folder), job_of(folder), LocalPool(1))
  other = job_of(folder, output_prefix=str(folder.path / 'y'))
  assert shard_pool.write(tasks_of(folder), other, LocalPool(2)) == alone
  assert sorted(alone) == [0, 1, 2]
  for index in alone:
    first, second = (
      sharding.shard_path(str(folder.path / name), index, 3) for name in 'xy'
    )
    with open(first, 'rb') as a, open(second, 'rb') as b:
      assert a.read() == b.read()


def test_a_worker_that_fails_stops_the_others(folder):
  (folder.path / 'images/3.jpg').unlink()
  job = job_of(folder, stop=True)
  with pytest.raises(ConversionError, match='image 3: missing_image'):
    shard_pool.write(tasks_of(folder), job, LocalPool(2))


def test_a_shard_that_a_lost_worker_has_finished_is_not_written_again(folder):
  job, tasks = job_of(folder), tasks_of(folder)
  states = shard_pool.write(tasks, job, LocalPool(1))
  path = folder.path / 'x-00001-of-00003.tfrecord'
  before = path.stat().st_mtime_ns
  assert shard_pool.write(tasks, job, LocalPool(1)) == states
  assert path.stat().st_mtime_ns == before
  other = job_of(folder, fingerprint='g')
  shard_pool.write(tasks, other, LocalPool(1))
  assert path.stat().st_mtime_ns > before


def test_two_workers_may_write_the_same_shard_at_the_same_time(
  folder,
):
  job, entries_of_1 = job_of(folder), tasks_of(folder)[1]
  both = threading.Barrier(2)
  expected = conversion.write_shard(2, entries_of_1, job, lambda: None)

  def write(_):
    return conversion.write_shard(1, entries_of_1, job, both.wait)

  with futures.ThreadPoolExecutor(2) as threads:
    assert [*threads.map(write, range(2))] == [expected] * 2
  first, second = (folder.path / f'x-0000{i}-of-00003.tfrecord' for i in (1, 2))
  assert first.read_bytes() == second.read_bytes()
  assert not list(folder.path.glob('.*'))


def test_complete_shards_are_listed(folder):
  tasks, job = tasks_of(folder), job_of(folder)
  paths = [sharding.shard_path(job.output_prefix, i, 3) for i in range(3)]
  written = shard_pool.write(tasks, job, LocalPool(1))
  states = {paths[i]: state for i, state in written.items()}
  assert shard_pool.finished(tasks, job, states) == written
  assert shard_pool.finished(tasks, job, {paths[1]: states[paths[1]]}) == {
    1: written[1]
  }


def test_truncated_missing_and_outdated_shards_are_not_listed(folder):
  tasks, job = tasks_of(folder), job_of(folder)
  paths = [sharding.shard_path(job.output_prefix, i, 3) for i in range(3)]
  written = shard_pool.write(tasks, job, LocalPool(1))
  states = {paths[i]: state for i, state in written.items()}
  with open(paths[0], 'r+b') as file:
    file.truncate(50)
  (folder.path / paths[1]).unlink()
  (name,) = tasks[2][0].file_names
  (folder.path / 'images' / name).write_bytes(b'')
  assert shard_pool.finished(tasks, job, states) == {}
