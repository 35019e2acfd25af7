"""The detection task on a tiny model: losses, labels, XLA, detections."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.examples import Regions
from copypaste_tf.inputs import pipeline
from copypaste_tf.inputs.decode import NO_IMAGE
from copypaste_tf.tasks.detection import labels as train_labels
from copypaste_tf.tasks.detection import losses as train_losses
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop.adapter import ModelGardenTask

TINY = [
  'BATCH_SIZE = 2',
  'IMAGE_SIZE = (64, 64)',
  'TrainData.source_size = (96, 96)',
  'model.levels = (2, 4)',
]


@pytest.fixture(scope='module')
def params(shapes):
  resolved = gin_config.load(
    ['smoke'],
    [
      *TINY,
      f'TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
      f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
    ],
  )
  return resolved.params


@pytest.fixture(scope='module')
def task(params):
  return DetectionTask(params.task)


@pytest.fixture(scope='module')
def model(task, strategy):
  with strategy.scope():
    return task.build_model()


@pytest.fixture(scope='module')
def host_batches(task, params):
  return list(task.train_inputs(params.task.train_data).take(4))


@pytest.fixture(scope='module')
def batch(host_batches):
  return host_batches[0]


@pytest.fixture(scope='module')
def step(task, model, strategy):
  trained = ModelGardenTask(task)
  with strategy.scope():
    optimizer = tf_keras.optimizers.legacy.SGD(0.01, momentum=0.9)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = trained.build_metrics(training=True)
  # Every replica gets the whole batch.
  train = tf.function(
    lambda scenes: strategy.run(
      trained.train_step, (scenes, model, optimizer, metrics)
    )
  )

  def run(scenes):
    for metric in metrics:
      metric.reset_state()
    train(scenes)
    return {metric.name: float(metric.result()) for metric in metrics}

  return run


@pytest.fixture(scope='module')
def detect(task, model, strategy):
  """Returns a function from a batch to the detections of each replica."""
  run = tf.function(lambda scenes: strategy.run(task.predict, (scenes, model)))
  return lambda scenes: tf.nest.map_structure(
    strategy.experimental_local_results, run(scenes)
  )


def test_losses_and_statistics_are_measured(step, batch):
  values = step(batch)
  assert set(values) == {
    *train_losses.NAMES,
    *(f'paste/{name}' for name in batch.statistics),
  }
  assert all(np.isfinite(list(values.values())))
  for name in train_losses.NAMES:
    assert values[name] > 0, name
  pasted = values['paste/objects_pasted']
  assert pasted == np.mean(batch.statistics['objects_pasted'])


def test_training_on_one_batch_lowers_the_loss(step, batch):
  first = step(batch)['total_loss']
  for _ in range(15):
    last = step(batch)['total_loss']
  assert last < 0.9 * first


def empty(scenes):
  """The same images without any object."""
  return scenes._replace(
    **{
      name: tf.zeros_like(getattr(scenes, name))
      for name in ('planes', 'owners', 'boxes', 'classes', 'ids', 'pasted')
    }
  )


def test_images_without_objects_give_finite_losses(step, batch):
  values = step(empty(batch))
  assert all(np.isfinite(list(values.values())))
  assert values['mask_loss'] == 0 and values['frcnn_box_loss'] == 0
  assert values['rpn_box_loss'] == 0


def test_ignored_regions_are_not_trained(task, model, batch):
  def losses(**fields):
    examples = batch._replace(**fields)
    labels = task.labels(examples, tf.constant(0, tf.int64))
    outputs = task.forward(model, examples, labels)
    return outputs, task.losses(outputs, labels, [])

  count = len(batch.image)
  crowd = Regions(
    tf.constant([[[-99.0, -99, 999, 999]]] * count), tf.fill([count, 1], True)
  )
  _, plain = losses()
  outputs, ignored = losses(regions=crowd)
  assert all(np.isfinite(x) for x in ignored.values())
  assert ignored['rpn_score_loss'] < plain['rpn_score_loss']
  rows = outputs['class_targets'] == 0
  # Only padding rows of the labels are background in a crowd.
  background = tf.boolean_mask(outputs['class_outputs'], rows)
  assert np.any(np.abs(background).min(axis=1) == 1e4)


def test_anchor_score_loss_is_the_mean_over_the_sampled_anchors(task):
  anchors = train_labels.pyramid_anchors(task.config)
  grids = {level: x.grid for level, x in anchors.items()}
  scores = {level: tf.zeros([2, *grid]) for level, grid in grids.items()}
  targets = tf.nest.map_structure(lambda x: tf.cast(x, tf.int32) - 1, scores)
  first = min(targets)
  chosen = np.full(targets[first].shape, -1)
  chosen[:, 0, :, :] = 0
  count = chosen[0, 0].size
  targets[first] = tf.constant(chosen)
  loss = train_losses.rpn_score_loss(
    task.config, {'rpn_scores': scores}, {'rpn_score_targets': targets}
  )
  size = task.config.anchor_targets.batch_size_per_image
  assert float(loss) == pytest.approx(np.log(2) * count / size, rel=1e-4)


def test_the_training_step_compiles_under_xla(params, batch):
  task = DetectionTask(params.task)

  def labels(scenes, step):
    found = train_labels.labels(task.config, scenes, step)
    del found['gt_masks']  # No tensors yet; see test_mask_targets.
    return found

  compiled = tf.function(labels, jit_compile=True)(
    batch, tf.constant(1, tf.int64)
  )
  eager = labels(batch, tf.constant(1, tf.int64))
  tf.nest.map_structure(
    lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), compiled, eager
  )


def test_detections_lie_in_the_original_images(task, detect, params):
  scenes = next(iter(task.eval_inputs(params.task.validation_data)))
  found = {name: x[-1] for name, x in detect(scenes).items()}
  assert found['boxes'].shape[1:] == [100, 4]
  assert found['masks'].shape[1:] == [100, 28, 28]
  limit = np.tile(scenes.original_size, [1, 2])[:, np.newaxis]
  assert np.all(found['boxes'].numpy() <= limit + 1)
  # Some codes of an untrained model decode to boxes that end before they begin.
  low, high = np.split(found['boxes'].numpy(), 2, axis=-1)
  assert np.all(low <= high)
  present = found['classes'].numpy() > 0
  assert np.all(found['scores'].numpy()[present] > 0.05)


def test_evaluation_gathers_all_images_and_resets(task, detect, params):
  evaluator = task.evaluator()
  for _ in range(2):
    evaluator.reset()
    ids = set()
    for scenes in task.eval_inputs(params.task.validation_data):
      # Every replica has all images; an evaluation deals them out.
      evaluator.add({name: x[0].numpy() for name, x in detect(scenes).items()})
      ids |= set(scenes.source_id.numpy().tolist())
    ids.discard(NO_IMAGE)
    found = evaluator.detections.to_results()
    assert {result['image_id'] for result in found} <= ids and len(ids) == 6
    keys = [(r['image_id'], *r['bbox'], r['score']) for r in found]
    assert len(keys) == len(set(keys))
  metrics = evaluator.metrics()
  assert -1 <= metrics['box_ap'] <= 1 and 'mask_ap' in metrics


def test_padding_images_of_a_batch_have_no_detections(task, detect, params):
  scenes = next(iter(task.eval_inputs(params.task.validation_data)))
  filled = tf.fill(tf.shape(scenes.source_id), tf.constant(NO_IMAGE, tf.int64))
  for ids, some in ((scenes.source_id, True), (filled, False)):
    found = detect(scenes._replace(source_id=ids))
    assert np.any(found['classes'][0].numpy() > 0) == some


def test_a_separate_source_stream_is_pasted_from(params, shapes):
  data = params.task.train_data.replace(
    input_path=f'{shapes}/val-*.tfrecord',
    source_input_path=f'{shapes}/train-*.tfrecord',
  )
  scenes = next(iter(pipeline.train_dataset(data, (64, 64))))
  targets, sources = scenes.source_id.numpy().T
  assert np.all(targets > 1_000_000) and np.all(sources < 1_000_000)


@pytest.fixture(scope='module')
def device_task(params):
  config = params.task.replace(train_data={'augment_on': 'device'})
  return DetectionTask(config)


@pytest.fixture(scope='module')
def device_batches(device_task):
  return list(device_task.train_inputs(device_task.config.train_data).take(4))


def test_the_device_makes_the_labels_of_the_host(
  device_task, device_batches, host_batches
):
  check_labels(host_batches, map(device_task.augmentation, device_batches))


def test_the_device_makes_the_labels_of_a_single_image(params):
  data = params.task.train_data.replace(global_batch_size=1)
  found = []
  for place in ('host', 'device'):
    config = params.task.replace(
      train_data=data.replace(augment_on=place).as_dict()
    )
    task = DetectionTask(config)
    batches = task.train_inputs(config.train_data).take(4)
    if place == 'device':
      batches = map(task.augmentation, batches)
    found.append(list(batches))
  check_labels(*found)


def check_labels(of_host, of_device):
  pasted = 0
  for host, device in zip(of_host, of_device, strict=True):
    np.testing.assert_allclose(host.image, device.image, atol=5e-4)
    for name in set(host._fields) - {'image', 'statistics'}:
      np.testing.assert_array_equal(getattr(host, name), getattr(device, name))
    tf.nest.map_structure(
      np.testing.assert_array_equal, host.statistics, device.statistics
    )
    assert np.all(host.source_id[:, 0] != host.source_id[:, 1])
    pasted += host.statistics['objects_pasted'].numpy().sum()
  assert pasted > 0


def test_a_step_that_augments_is_traced_once(
  device_task, model, device_batches, host_batches, strategy
):
  trained = ModelGardenTask(device_task)
  with strategy.scope():
    optimizer = tf_keras.optimizers.legacy.SGD(0.01)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = trained.build_metrics(training=True)
  train = tf.function(
    lambda raw: strategy.run(
      trained.train_step, (raw, model, optimizer, metrics)
    )
  )
  expected = []
  for raw, host in zip(device_batches[:3], host_batches[:3], strict=True):
    assert raw.targets.image.dtype == tf.uint8
    train(raw)
    expected.append(host.statistics['objects_pasted'])
  assert train.experimental_get_tracing_count() == 1
  values = {metric.name: float(metric.result()) for metric in metrics}
  assert all(np.isfinite(list(values.values()))) and values['total_loss'] > 0
  assert values['paste/objects_pasted'] == np.mean(expected)


def test_the_graph_has_no_calls_to_the_host(device_task, device_batches):
  augmented = device_task.augmentation.get_concrete_function(device_batches[0])
  graphs = [augmented.graph.as_graph_def()]
  names = {node.op for graph in graphs for node in graph.node}
  names |= {
    n.op for g in graphs for f in g.library.function for n in f.node_def
  }
  assert not {name for name in names if 'PyFunc' in name or 'Host' in name}
  for output in tf.nest.flatten(augmented.structured_outputs):
    assert output.shape.is_fully_defined()
