"""Beam's flags are checked, and shards are given to its workers by number."""

import os

import pytest
import shard_work

pytest.importorskip('apache_beam', reason='needs the extra beam')

import apache_beam as beam

from copypaste_tf.pools import beam_pool
from copypaste_tf.pools.beam_pool import BeamPool


@pytest.mark.parametrize(
  ('flags', 'message'),
  [
    ('', 'expected --runner=NAME, such'),
    ('--runer=FlinkRunner', 'expected --runner=NAME, such'),
    ('--runner="x', 'No closing quotation'),
    ('--runner=NoRunner', 'NoRunner'),
    ('--runner=DirectRunner --direct_num_workers=many', 'invalid int value'),
    ('--runner', '--runner: expected one argument'),
    ('--runner=nowhere.Runner', 'nowhere'),
  ],
)
def test_flags_that_beam_cannot_take_are_one_line(flags, message):
  with pytest.raises(ValueError, match=message) as caught:
    BeamPool(flags)
  assert '\n' not in str(caught.value)


def test_shards_after_a_failure_do_not_begin(tmp_path):
  """A runner may repeat what fails, and go on with other shards meanwhile."""
  files = beam_pool._Files.beside(f'{tmp_path}/x')
  places = beam_pool._write_tasks(files.tasks, {3: [3], 4: [4]})
  do_shard = beam_pool._DoShard(shard_work.refusing(tmp_path), files)
  for place in (places[0], places[0], places[1]):
    with pytest.raises(ValueError, match='^3: not a number of ours$'):
      list(do_shard.process(place))
  files.remove()
  assert os.listdir(tmp_path) == ['3.begun']


def test_an_output_that_machines_do_not_share_is_named(tmp_path, monkeypatch):
  pool = BeamPool('--runner=FnApiRunner')
  monkeypatch.setattr(beam, 'Map', lambda *_: beam.Filter(bool))
  with pytest.raises(ValueError, match='file system that all machines share'):
    pool.run(shard_work.SQUARES, {0: []}, images=1, prefix=f'{tmp_path}/x')
  assert not os.listdir(tmp_path)


def test_the_graph_holds_no_tasks(tmp_path, monkeypatch):
  sizes = []
  run = beam.Pipeline.run

  def measured(pipeline, *arguments):
    sizes.append(len(pipeline.to_runner_api().SerializeToString()))
    return run(pipeline, *arguments)

  monkeypatch.setattr(beam.Pipeline, 'run', measured)
  for count in (1, 100_000):
    BeamPool('--runner=FnApiRunner').run(
      shard_work.SQUARES, {0: [7] * count}, images=0, prefix=f'{tmp_path}/x'
    )
  assert abs(sizes[1] - sizes[0]) < 1000
