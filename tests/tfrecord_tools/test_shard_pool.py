"""Tests that several processes write the shards of one, and resuming."""

import pytest
from coco_folder import CocoFolder, label
from conversion_jobs import entries, job_of

from tfrecord_tools import shard_pool, sharding
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
  alone = shard_pool.write(tasks_of(folder), job_of(folder), 1)
  other = job_of(folder, output_prefix=str(folder.path / 'y'))
  assert shard_pool.write(tasks_of(folder), other, 2) == alone
  assert sorted(alone) == [0, 1, 2]
  for index in alone:
    first, second = (
      sharding.shard_path(str(folder.path / name), index, 3) for name in 'xy'
    )
    with open(first, 'rb') as a, open(second, 'rb') as b:
      assert a.read() == b.read()


def test_no_shards_start_no_workers(folder):
  assert shard_pool.write({}, job_of(folder), 2) == {}


def test_a_worker_that_fails_stops_the_others(folder):
  (folder.path / 'images/3.jpg').unlink()
  job = job_of(folder, stop=True)
  with pytest.raises(ConversionError, match='image 3: missing_image'):
    shard_pool.write(tasks_of(folder), job, 2)


def test_an_interrupt_leaves_the_shards_that_have_not_begun(
  folder, monkeypatch
):
  def interrupt(*_, **__):
    raise KeyboardInterrupt

  monkeypatch.setattr(shard_pool.concurrent.futures, 'wait', interrupt)
  tasks = {i: entries(folder)[:1] for i in range(30)}
  with pytest.raises(KeyboardInterrupt):
    shard_pool.write(tasks, job_of(folder, num_shards=30), 2)
  assert len(list(folder.path.glob('x-*.tfrecord'))) < 10


def test_complete_shards_are_listed(folder):
  tasks, job = tasks_of(folder), job_of(folder)
  paths = [sharding.shard_path(job.output_prefix, i, 3) for i in range(3)]
  written = shard_pool.write(tasks, job, 1)
  states = {paths[i]: state for i, state in written.items()}
  assert shard_pool.finished(tasks, job, states) == written
  assert shard_pool.finished(tasks, job, {paths[1]: states[paths[1]]}) == {
    1: written[1]
  }


def test_truncated_missing_and_outdated_shards_are_not_listed(folder):
  tasks, job = tasks_of(folder), job_of(folder)
  paths = [sharding.shard_path(job.output_prefix, i, 3) for i in range(3)]
  written = shard_pool.write(tasks, job, 1)
  states = {paths[i]: state for i, state in written.items()}
  with open(paths[0], 'r+b') as file:
    file.truncate(50)
  (folder.path / paths[1]).unlink()
  (name,) = tasks[2][0].file_names
  (folder.path / 'images' / name).write_bytes(b'')
  assert shard_pool.finished(tasks, job, states) == {}
