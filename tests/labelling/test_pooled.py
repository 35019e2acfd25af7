"""Workers of a pool make the files that one machine makes."""

import pickle

import pytest
import tiny_teacher

from copypaste_tf.labelling import shard_run, shards
from copypaste_tf.labelling.shard_run import Share
from copypaste_tf.pools import choice
from copypaste_tf.pools.local_pool import LocalPool

BEAM = '--runner=DirectRunner --direct_num_workers=1'


POOLS = {
  'local': lambda: LocalPool(1),
  'beam': lambda: choice.choose(None, BEAM),
}


@pytest.mark.parametrize('name', POOLS)
def test_a_pool_makes_the_same_files(tmp_path, name):
  if name == 'beam':
    pytest.importorskip('apache_beam')
  paths = tiny_teacher.inputs(tmp_path)
  (tmp_path / 'whole').mkdir()
  tiny_teacher.label(tiny_teacher.job(tmp_path / 'whole', paths))
  job = tiny_teacher.job(tmp_path, paths)
  shards.write(
    1, job, tiny_teacher.teacher(), lambda: None
  )  # By a lost worker.
  before = (tmp_path / job.path(1)).stat().st_mtime_ns
  result = shard_run.label(
    job,
    tiny_teacher.teacher,
    Share(),
    lambda tally: [],
    elsewhere=POOLS[name](),
  )
  assert result['num_examples'] == 8
  assert (tmp_path / job.path(1)).stat().st_mtime_ns == before
  expected = tiny_teacher.outputs(tmp_path / 'whole')
  assert tiny_teacher.outputs(tmp_path) == expected


def test_a_job_travels_to_a_worker(tmp_path):
  job = tiny_teacher.job(tmp_path, tiny_teacher.inputs(tmp_path))
  again = pickle.loads(pickle.dumps(job))
  assert again.origin(2) == job.origin(2) and again.rules == job.rules


def test_an_error_in_a_worker_ends_the_run(tmp_path):
  paths = tiny_teacher.inputs(tmp_path, (1,))
  tiny_teacher.write(paths[0], [b'no record'])
  job = tiny_teacher.job(tmp_path, paths, stop=True)
  with pytest.raises(ValueError, match='in-00000.*: record 0: '):
    shard_run.label(
      job,
      tiny_teacher.teacher,
      Share(),
      lambda tally: [],
      elsewhere=LocalPool(1),
    )
  assert not tiny_teacher.outputs(tmp_path)
