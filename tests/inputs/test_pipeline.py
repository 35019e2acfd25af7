"""The input pipelines of a config: what it says is what is read."""

import time

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.augment import options
from copypaste_tf.examples import Scenes
from copypaste_tf.inputs import (
  buffers,
  data_config,
  decode,
  pipeline,
  scene_batches,
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """Targets with the ids 1000 to 1004, sources with 1010 to 1012."""
  path = tmp_path_factory.mktemp('records')
  for name, seeds in (('targets', range(5)), ('sources', range(10, 13))):
    items = [serialized.make_record(seed)[0] for seed in seeds]
    serialized.write(path / name, map(records.serialize, items))
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
    'max_ignored': 20,
    'jitter': options.ScaleJitter(0.5, 2.0),
    'source_jitter': options.ScaleJitter(0.1, 1.5),
    'composition': options.CopyPaste(subset='all'),
    'dtype': tf.bfloat16,
  }
  plain = pipeline.augment_knobs(data_config.TrainData())
  assert plain['composition'] is None and plain['source_jitter'] is None


def batches(data, *args):
  """Returns batches of scenes, without the augmentation that follows."""
  # To trace the augmentation takes longer than to read all batches.
  data = data.replace(augment_on='device')
  return pipeline.train_stages(data, (32, 32), *args)['batch']


def augmented(data, *args):
  """Returns the training batches, not compiled: they are few."""
  stages = pipeline.train_stages(data, (32, 32), *args, jit_compile=False)
  return stages['augment']


def test_scenes_come_in_the_sizes_of_the_config(data):
  scenes = next(iter(batches(data)))
  assert isinstance(scenes, Scenes)
  assert scenes.image.shape == (2, 32, 48, 3)
  assert scenes.planes.shape == (2, 8, 32, 48)
  assert scenes.classes.shape == (2, 6)


def test_the_seed_determines_the_order(data):
  def order(seed):
    targets = batches(data.replace(seed=seed)).take(6)
    return [s.source_id.numpy().tolist() for s in targets]

  assert order(1) == order(1) != order(2)


def test_sources_of_their_own_need_copy_paste(data, folder):
  data = data.replace(source_input_path=f'{folder}/sources')
  targets, sources = next(iter(batches(data)))
  assert set(targets.source_id.numpy()) <= set(range(1000, 1005))
  assert set(sources.source_id.numpy()) <= set(range(1010, 1013))
  data.copy_paste = None
  assert isinstance(next(iter(batches(data))), Scenes)


def test_workers_divide_the_batch(data):
  data.global_batch_size = 6
  context = tf.distribute.InputContext(2, 1, 2)
  assert next(iter(batches(data, context))).image.shape[0] == 3


@pytest.mark.thorough
def test_the_last_stage_equals_the_training_examples(data):
  stages = pipeline.train_stages(data, (32, 32))
  assert [*stages] == ['read', 'decode', 'batch', 'seed', 'augment']
  assert next(iter(stages['read'])).dtype == tf.string
  assert next(iter(stages['decode'])).image.shape == (32, 48, 3)
  assert next(iter(stages['batch'])).image.shape == (2, 32, 48, 3)
  (last,) = stages['augment'].take(1)
  (trained,) = pipeline.train_dataset(data, (32, 32)).take(1)
  np.testing.assert_array_equal(last.image, trained.image)


def test_stages_read_the_sources_beside_the_targets(data, folder):
  data = data.replace(source_input_path=f'{folder}/sources')
  stages = pipeline.train_stages(data, (32, 32), jit_compile=False)
  targets, sources = next(iter(stages['batch']))
  example = next(iter(stages['augment']))
  np.testing.assert_array_equal(example.source_id[:, 0], targets.source_id)
  np.testing.assert_array_equal(example.source_id[:, 1], sources.source_id)


@pytest.mark.parametrize(
  'paste', [pytest.param(False, marks=pytest.mark.thorough), True]
)
def test_images_that_are_scaled_down_are_counted(data, tmp_path, paste):
  """Those of 30x40 and 32x48 fit the padded size, 32x48."""
  sizes = [(30, 40), (60, 40), (30, 49), (32, 48)]
  items = [
    serialized.make_record(seed, size=size)[0]
    for seed, size in enumerate(sizes)
  ]
  path = serialized.write(tmp_path / 'mixed', map(records.serialize, items))
  data = data.replace(input_path=path)
  if not paste:
    data.copy_paste = None
  host = augmented(data).take(4)
  raw_batches = _raw(data, 4)
  augment = scene_batches.compiled_augment(
    output_size=(32, 32), **pipeline.augment_knobs(data)
  )
  seen = set()
  for example, batch in zip(host, raw_batches, strict=True):
    ids = example.source_id[:, 0].numpy()
    seen |= set(ids)
    for found in (example, augment(batch)):
      np.testing.assert_array_equal(
        found.statistics['images_shrunk'], (ids == 1001) | (ids == 1002)
      )
  assert len(seen) == 4


def _ids(data, count, *, host=None, start_step=0):
  """Returns the ids of batches, of targets or of targets and sources."""
  context = None if host is None else tf.distribute.InputContext(*host)
  ids = batches(data, context, start_step).map(
    lambda *streams: (
      [scenes.source_id for scenes in streams]
      if isinstance(streams[0], Scenes)
      else [Scenes(*streams).source_id]
    )
  )
  return [np.ravel(batch).tolist() for batch in ids.take(count)]


@pytest.mark.parametrize('sources', [False, True])
def test_a_resumed_run_goes_on_with_the_next_example(data, folder, sources):
  if sources:
    data = data.replace(source_input_path=f'{folder}/sources')
  whole = _ids(data, 9)
  assert len(whole[0]) == (4 if sources else 2)
  for done in (1, 4, 6):
    assert _ids(data, 3, start_step=done) == whole[done : done + 3]


def test_a_host_of_several_replicas_goes_on_too(data):
  data = data.replace(global_batch_size=8)
  host = (2, 1, 4)  # The second of two hosts with two replicas each.
  whole = _ids(data, 10, host=host)
  assert _ids(data, 4, host=host, start_step=3) == whole[6:]
  assert _ids(data, 10, host=(2, 0, 4)) != whole


def test_hosts_share_the_job_of_a_service(data, monkeypatch):
  def job(host, step=0, **values):
    context = tf.distribute.InputContext(2, host, 2)
    changed = data.replace(data_service='grpc://x:1', **values)
    changed.augment_on = 'device'  # Nothing is traced for a job that is none.
    return pipeline.train_dataset(changed, (32, 32), context, step)

  monkeypatch.setattr(
    pipeline.data_service, 'distribute', lambda dataset, address, job: job
  )
  assert job(0) == job(1)
  others = job(0, 1), job(0, seed=1), job(0, data_service_job='mine')
  assert len({job(0), *others}) == 4


def test_hosts_draw_for_themselves(data, tmp_path):
  """Two hosts that read the same record in the same place jitter it anew."""
  items = records.serialize(serialized.make_record(1)[0])
  path = serialized.write(tmp_path / 'one', [items] * 8)
  data = data.replace(input_path=path, global_batch_size=4, copy_paste=None)
  images = []
  for host in range(2):
    context = tf.distribute.InputContext(2, host, 2)
    images += [x.image.numpy() for x in augmented(data, context).take(2)]
  for i, image in enumerate(images):
    assert all((image != other).any() for other in images[:i])


def test_without_determinism_the_records_stay_the_same(data):
  ids = _ids(data.replace(deterministic=False), 10)
  counts = np.unique(ids, return_counts=True)
  assert counts[0].tolist() == [*range(1000, 1005)]
  assert counts[1].tolist() == [4] * 5


def test_the_config_says_whether_the_order_is_kept(data):
  for kept, place in ((True, 'device'), (False, 'host')):
    data = data.replace(deterministic=kept, augment_on=place)
    for dataset in pipeline.train_stages(data, (32, 32)).values():
      assert dataset.options().deterministic == kept


def _raw(data, count=1, *args):
  data = data.replace(augment_on='device')
  return list(pipeline.train_dataset(data, (32, 32), *args).take(count))


def _pairs(batches):
  """Returns the ids of targets and sources of batches of one image."""
  pairs = [(b.targets.source_id, b.sources.source_id) for b in batches]
  return np.array(pairs)[..., 0]


def test_one_image_a_replica_comes_with_its_source(data, folder):
  data.input_path = f'{folder}/*'  # 8: no pool holds the ends of two epochs.
  context = tf.distribute.InputContext(1, 0, 2)
  pairs = _pairs(_raw(data, 20, context))
  assert np.all(pairs[:, 0] != pairs[:, 1])
  # The two images of a step are pasted onto one another.
  np.testing.assert_array_equal(pairs[0::2], pairs[1::2, ::-1])
  data.copy_paste = None
  assert _raw(data, 1, context)[0].sources is None


@pytest.mark.parametrize('replicas', [1, 3])
def test_a_run_goes_on_within_the_images_that_are_paired(data, replicas):
  data.global_batch_size = replicas
  context = tf.distribute.InputContext(1, 0, replicas)
  whole = _raw(data, 4 * replicas, context)
  for step in (1, 3):
    rest = _raw(data, replicas, context, step)
    expected = whole[step * replicas : (step + 1) * replicas]
    np.testing.assert_array_equal(_pairs(rest), _pairs(expected))
    for one, other in zip(rest, expected, strict=True):
      np.testing.assert_array_equal(one.seed, other.seed)


@pytest.mark.parametrize(
  ('replicas', 'place'),
  [
    *((1, 'device'), (1, 'host'), (2, 'device'), (8, 'device')),
    *(pytest.param(n, 'host', marks=pytest.mark.thorough) for n in (2, 8)),
  ],
)
def test_sizes_are_known_before_a_record_is_read(data, replicas, place):
  data = data.replace(global_batch_size=replicas, augment_on=place)
  context = tf.distribute.InputContext(1, 0, replicas)
  batches = pipeline.train_dataset(data, (32, 32), context)
  shapes = [x.shape for x in tf.nest.flatten(batches.element_spec)]
  assert all(shape.is_fully_defined() for shape in shapes)


@pytest.mark.thorough
def test_augmented_raw_batches_equal_the_training_batches(data, folder):
  for paths in ('', f'{folder}/sources'):
    changed = data.replace(source_input_path=paths)
    (raw,) = _raw(changed)
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
    pipeline.train_dataset(data, (32, 32))
  with pytest.raises(FileNotFoundError, match=r"no file matches 'gone\*'"):
    pipeline.eval_dataset(data_config.EvalData(input_path='gone*'), (32, 32))


def test_every_image_is_evaluated_once(folder):
  data = data_config.EvalData(
    input_path=f'{folder}/*', global_batch_size=3, dtype='bfloat16'
  )
  batches = list(pipeline.eval_dataset(data, (32, 64)))
  assert len(batches) == 3
  assert batches[0].image.shape == (3, 32, 64, 3)
  assert batches[0].image.dtype == tf.bfloat16
  ids = np.concatenate([b.source_id for b in batches])
  filled = [decode.NO_IMAGE, *range(1000, 1005), *range(1010, 1013)]
  assert sorted(ids) == filled


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


@pytest.mark.parametrize(
  'kind', [tf.errors.InvalidArgumentError, tf.errors.DataLossError]
)
def test_an_error_of_the_inputs_names_the_record(data, tmp_path, kind):
  bad, _, _ = serialized.make_record(2, image_bytes=b'\xff\xd8\xff no jpeg')
  path = serialized.write(tmp_path / 'x', [records.serialize(bad)])
  fault = (
    r'^A training record does not decode\. .*/x: record 0 \(source_id 1002'
  )
  other = data.replace(input_path=path)
  with pytest.raises(ValueError, match=fault), pipeline.input_errors(other):
    raise kind(None, None, 'some JPEG')
  error = kind(None, None, 'a shape')
  with pytest.raises(kind, match='shape'), pipeline.input_errors(data):
    raise error


@pytest.mark.parametrize(
  'place', ['device', pytest.param('host', marks=pytest.mark.slow)]
)
def test_a_consumer_that_pauses_finds_no_more_batches(data, monkeypatch, place):
  decoded, cores = [], 2
  decode_scene = decode.decode_scene

  def counted(record, **limits):
    tf.numpy_function(lambda: decoded.append(1), [], [])
    return decode_scene(record, **limits)

  monkeypatch.setattr(decode, 'decode_scene', counted)
  monkeypatch.setattr(buffers, 'cores', lambda: cores)
  stages = pipeline.train_stages(
    data.replace(augment_on=place), (32, 32), jit_compile=False
  )
  *_, dataset = stages.values()
  batches = iter(dataset)
  for taken in range(3, 19, 3):
    for _ in range(3):
      next(batches)
    time.sleep(0.3)  # The consumer pauses, and the pipeline does not.
    ahead = len(decoded) - taken * data.global_batch_size
    # Two batches are augmented or kept, one waits for the consumer, and one for
    # its turn; a record is decoded on each core. `tf.data` fuses decoding and
    # batching, and then decodes into up to four batches more.
    assert 0 < ahead <= 8 * data.global_batch_size + cores


def test_no_pipeline_is_tuned(data, folder):
  evaluation = data_config.EvalData(
    input_path=f'{folder}/targets', global_batch_size=2
  )
  for dataset in (
    pipeline.train_dataset(data.replace(augment_on='device'), (32, 32)),
    pipeline.eval_dataset(evaluation, (32, 32)),
  ):
    assert dataset.options().autotune.enabled is False
