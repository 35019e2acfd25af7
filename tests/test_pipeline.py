"""The input pipelines of a config: what it says is what is read."""

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.augment import options
from copypaste_tf.training import data_config, pipeline


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """Targets with the ids 1000 to 1004, sources with 1010 to 1012."""
  path = tmp_path_factory.mktemp('records')
  for name, seeds in (('targets', range(5)), ('sources', range(10, 13))):
    made = [serialized.make_record(seed)[0] for seed in seeds]
    serialized.write(path / name, map(records.serialize, made))
  return path


@pytest.fixture
def data(folder):
  return data_config.TrainData(
    input_path=f'{folder}/targets',
    global_batch_size=2,
    source_size=(32, 48),
    max_source_instances=6,
    shuffle_buffer_size=8,
    copy_paste=data_config.CopyPaste(),
  )


def test_knobs_are_those_of_the_config(data):
  data.override(
    {
      'jitter': {'min_scale': 0.5},
      'source_jitter': {'max_scale': 1.5},
      'copy_paste': {'subset': 'all'},
      'dtype': 'bfloat16',
      'max_instances': 7,
    }
  )
  assert pipeline.augment_knobs(data) == {
    'max_instances': 7,
    'jitter': options.ScaleJitter(0.5, 2.0),
    'source_jitter': options.ScaleJitter(0.1, 1.5),
    'copy_paste': options.CopyPaste(subset='all'),
    'dtype': tf.bfloat16,
  }
  plain = pipeline.augment_knobs(data_config.TrainData())
  assert plain['copy_paste'] is None and plain['source_jitter'] is None


def test_scenes_come_in_the_sizes_of_the_config(data):
  targets, sources = pipeline.scene_batches(data)
  scenes = next(iter(targets))
  assert sources is None
  assert scenes.image.shape == (2, 32, 48, 3)
  assert scenes.planes.shape == (2, 32, 48, 8)
  assert scenes.classes.shape == (2, 6)


def test_the_seed_makes_the_order(data):
  def order(seed):
    targets, _ = pipeline.scene_batches(data.replace(seed=seed))
    return [s.source_id.numpy().tolist() for s in targets.take(6)]

  assert order(1) == order(1) != order(2)


def test_sources_of_their_own_need_copy_paste(data, folder):
  data = data.replace(source_input_path=f'{folder}/sources')
  targets, sources = pipeline.scene_batches(data)
  assert set(next(iter(targets)).source_id.numpy()) <= set(range(1000, 1005))
  assert set(next(iter(sources)).source_id.numpy()) <= set(range(1010, 1013))
  data.copy_paste = None
  assert pipeline.scene_batches(data)[1] is None


def test_workers_divide_the_batch(data):
  context = tf.distribute.InputContext(2, 1, 2)
  targets, _ = pipeline.scene_batches(data, context)
  assert next(iter(targets)).image.shape[0] == 1


def test_one_image_a_replica_comes_with_its_source(data):
  data = data.replace(augment_on='device')
  context = tf.distribute.InputContext(1, 0, 2)
  batches = list(pipeline.raw_batches(data, context).take(20))
  pairs = [(b.targets.source_id, b.sources.source_id) for b in batches]
  pairs = np.array(pairs)[..., 0]
  assert np.all(pairs[:, 0] != pairs[:, 1])
  # The two images of a step are pasted onto one another.
  np.testing.assert_array_equal(pairs[0::2], pairs[1::2, ::-1])
  data.copy_paste = None
  assert next(iter(pipeline.raw_batches(data, context))).sources is None


@pytest.mark.parametrize('replicas', [1, 2, 8])
def test_sizes_are_known_before_a_record_is_read(data, replicas):
  data = data.replace(global_batch_size=replicas)
  context = tf.distribute.InputContext(1, 0, replicas)
  for batches in (
    pipeline.raw_batches(data, context),
    pipeline.train_dataset(data, (32, 32), context),
  ):
    shapes = [x.shape for x in tf.nest.flatten(batches.element_spec)]
    assert all(shape.is_fully_defined() for shape in shapes)


def test_raw_batches_are_what_is_augmented(data, folder):
  for paths in ('', f'{folder}/sources'):
    changed = data.replace(source_input_path=paths)
    raw = next(iter(pipeline.raw_batches(changed)))
    example = next(iter(pipeline.train_dataset(changed, (32, 32))))
    np.testing.assert_array_equal(
      example.source_id[:, 0], raw.targets.source_id
    )
    if paths:
      np.testing.assert_array_equal(
        example.source_id[:, 1], raw.sources.source_id
      )


def test_a_path_without_files_is_an_error(data):
  data.input_path = 'gone*'
  with pytest.raises(FileNotFoundError, match=r"no file matches 'gone\*'"):
    pipeline.scene_batches(data)
  with pytest.raises(FileNotFoundError, match=r"no file matches 'gone\*'"):
    pipeline.eval_dataset(data_config.EvalData(input_path='gone*'), (32, 32))


def test_every_image_is_evaluated_once(folder):
  data = data_config.EvalData(
    input_path=f'{folder}/*', global_batch_size=3, dtype='bfloat16'
  )
  batches = list(pipeline.eval_dataset(data, (32, 64)))
  assert [len(b.image) for b in batches] == [3, 3, 2]
  assert batches[0].image.shape == (3, 32, 64, 3)
  assert batches[0].image.dtype == tf.bfloat16
  ids = np.concatenate([b.source_id for b in batches])
  assert sorted(ids) == [*range(1000, 1005), *range(1010, 1013)]


def test_the_record_that_does_not_decode_is_named(data, tmp_path):
  assert pipeline.find_fault(data) is None
  good, _, _ = serialized.make_record(1)
  bad, _, _ = serialized.make_record(2, image_bytes=b'\xff\xd8\xff no jpeg')
  path = serialized.write(
    tmp_path / 'x', [records.serialize(good), records.serialize(bad)]
  )
  fault = f'{path}: record 1 (source_id 1002): '
  assert pipeline.find_fault(data.replace(input_path=path)).startswith(fault)
  data.source_input_path = path
  assert pipeline.find_fault(data).startswith(fault)
