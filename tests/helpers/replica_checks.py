"""Compares several replicas with one replica that has the whole batch.

The replicas are logical CPUs. Each check runs in a process of its own, because
TensorFlow fixes its devices when it starts:

python tests/helpers/replica_checks.py CHECK [GIN_PARAMS...]
"""

import functools
import os
import sys
import types

os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')

import numpy as np
import tensorflow as tf
import tf_keras

from copypaste_tf.examples import ABSENT
from copypaste_tf.modeling.backbones import efficientnet
from copypaste_tf.modeling.backbones.resnet import ResNet
from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.pyramids.fpn import FPN
from copypaste_tf.modeling.regions.box_head import BoxHead
from copypaste_tf.modeling.regions.mask_head import MaskHead
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection import labels as train_labels
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop.adapter import ModelGardenTask
from copypaste_tf.training.run import runner

SIDE = 32


def split_cpu(count):
  """Splits the CPU into logical devices; call it before TensorFlow starts."""
  (cpu,) = tf.config.list_physical_devices('CPU')
  tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * count
  )


@functools.cache
def mirrored(count):
  """Returns a strategy of `count` CPUs.

  TensorFlow's default reduction works for one strategy per process, here that
  of two CPUs.
  """
  sums = None if count == 2 else tf.distribute.ReductionToOneDevice()
  cpus = [f'/cpu:{i}' for i in range(count)]
  return tf.distribute.MirroredStrategy(cpus, cross_device_ops=sums)


def _resnet(norm):
  return [
    ResNet(10, norm, width_multiplier=0.125),
    FPN(norm, max_level=5, filters=4),
  ]


def _efficientnet(norm):
  stages = efficientnet.STAGES
  rates = {'se_ratio': 0.25, 'drop_rate': 0.0}
  return [
    efficientnet.Block(3, stages[1]._replace(filters=8), norm, 'a', **rates),
    efficientnet.Block(
      8, stages[2]._replace(filters=8, stride=1), norm, 'b', **rates
    ),
  ]


class _Heads(tf_keras.layers.Layer):
  """Applies both heads to four regions of each image."""

  def __init__(self, norm):
    super().__init__()
    small = {'num_classes': 3, 'num_convs': 2, 'filters': 4}
    self.box = BoxHead(norm, fc_dims=8, **small)
    self.mask = MaskHead(norm, **small)

  def call(self, images, training=None):
    regions = tf.reshape(images, [-1, 4, SIDE // 2, SIDE // 2, 3])
    classes = tf.ones_like(regions[:, :, 0, 0, 0], tf.int32)
    return (
      self.box(regions, training=training),
      self.mask(regions, classes, training=training),
    )


def _heads(norm):
  return [_Heads(norm)]


def _outputs(layers, x, training):
  for layer in layers:
    x = layer(x, training=training)
  return tf.nest.flatten(x)


def _step(layers, x, factors):
  """Returns the outputs, and the gradients of their weighted sum."""
  weights = [w for layer in layers for w in layer.trainable_weights]
  with tf.GradientTape() as tape:
    outputs = _outputs(layers, x, training=True)
    loss = tf.add_n(
      [tf.reduce_sum(y * f) for y, f in zip(outputs, factors, strict=True)]
    )
  return outputs, tape.gradient(loss, weights)


def _values(layers):
  return [w.numpy() for layer in layers for w in layer.weights]


def sync_norm():
  """Compares outputs, statistics and gradients; float64, one image each."""
  split_cpu(4)
  tf_keras.mixed_precision.set_global_policy('float64')
  for make in (_resnet, _efficientnet, _heads):
    for count in (2, 4):
      _compare_with_whole(make, count)
      print(make.__name__, count)


def _compare_with_whole(make, count):
  rng = np.random.default_rng(count)
  # Images differ, so the statistics of one image differ from those of all.
  scale = 1 + np.arange(count).reshape([-1, 1, 1, 1])
  images = rng.normal(scale, scale, [count, SIDE, SIDE, 3])
  whole = make(Norm(0.9))
  shapes = [y.shape for y in _outputs(whole, images, training=False)]
  factors = [rng.normal(size=shape) for shape in shapes]
  start = _values(whole)
  expected, gradients = _step(whole, images, factors)

  strategy = mirrored(count)
  with strategy.scope():
    layers = make(Norm(0.9, synchronized=True))
    _outputs(layers, images[:1], training=False)
    values = iter(start)
    for layer in layers:
      layer.set_weights([next(values) for _ in layer.weights])

  def replica_step():
    context = tf.distribute.get_replica_context()
    row = context.replica_id_in_sync_group
    part = slice(row, row + 1)
    actual, own_gradients = _step(
      layers, images[part], [f[part] for f in factors]
    )
    return actual, context.all_reduce(tf.distribute.ReduceOp.SUM, own_gradients)

  actual, sums = strategy.run(replica_step)
  local = strategy.experimental_local_results
  for y, parts in zip(expected, actual, strict=True):
    # The heads return float32.
    error = 1e-9 if y.dtype == tf.float64 else 1e-6
    np.testing.assert_allclose(tf.concat(local(parts), 0), y, atol=error)
  for x, parts in zip(gradients, sums, strict=True):
    for part in local(parts):
      np.testing.assert_allclose(part, x, rtol=1e-7, atol=1e-7)
  moved = 0
  for x, y, old in zip(_values(whole), _values(layers), start, strict=True):
    np.testing.assert_allclose(y, x, rtol=1e-9, atol=1e-9)
    moved += not np.array_equal(x, old)
  norms = sum(
    isinstance(part, tf_keras.layers.BatchNormalization)
    for layer in layers
    for part in layer.submodules
  )
  assert moved == 2 * norms, 'the mean and the variance of every layer'


# Samples everything, because each replica draws its own random numbers.
EVERYTHING = [
  'BATCH_SIZE = 2',
  f'IMAGE_SIZE = ({2 * SIDE}, {2 * SIDE})',
  'TrainData.source_size = (96, 96)',
  'TrainData.max_instances = 12',
  'model.levels = (2, 4)',
  'AnchorTargets.batch_size_per_image = 1008',
  'AnchorTargets.foreground_fraction = 1.0',
]
OVERRIDES = (
  'task.model.norm_activation.use_sync_bn=true,'
  'task.model.roi_generator.num_proposals=20,'
  'task.model.roi_generator.pre_nms_top_k=1008,'
  'task.model.roi_generator.nms_iou_threshold=1.0,'
  'task.model.roi_sampler.num_sampled_rois=32,'
  'task.model.roi_sampler.foreground_fraction=1.0,'
  'task.losses.l2_weight_decay=0.02'
)


def step(*params):
  """Compares a step of two replicas with the mean loss of the two images."""
  split_cpu(2)
  tf_keras.utils.set_random_seed(1)
  config = gin_config.load(['smoke'], [*params, *EVERYTHING], [], OVERRIDES)
  trained_task = ModelGardenTask(registry.build(config.params.task))
  batch = next(iter(trained_task.build_inputs(config.params.task.train_data)))
  assert np.all((batch.classes.numpy() > 0).sum(1) > 0)
  alone = trained_task.build_model()
  start = alone.get_weights()
  losses, expected = _reference_step(trained_task, alone, batch)

  strategy = mirrored(2)
  with strategy.scope():
    model = trained_task.build_model()
    model.set_weights(start)
    optimizer = tf_keras.optimizers.legacy.SGD(1.0)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = trained_task.build_metrics(training=True)
  images = strategy.experimental_distribute_values_from_function(
    lambda context: _image(batch, context.replica_id_in_sync_group)
  )
  train = tf.function(
    lambda scenes: strategy.run(
      trained_task.train_step, (scenes, model, optimizer, metrics)
    )
  )
  train(images)
  actual = {metric.name: float(metric.result()) for metric in metrics}
  for name, value in losses.items():
    np.testing.assert_allclose(actual[name], value, rtol=1e-4, err_msg=name)
  decay = 0.01 * sum((w**2).sum() for w in _kernels(alone, start))
  np.testing.assert_allclose(
    actual['total_loss'] - actual['model_loss'], decay, rtol=1e-3
  )
  for weight, before, change in zip(
    model.trainable_weights, _trainable(alone, start), expected, strict=True
  ):
    # Rounding differs between a batch of two and two of one, and ReLUs amplify
    # it: single elements of the first layers are off by a third of themselves.
    # A missing average or statistics of one image are off by the whole norm.
    error = np.linalg.norm(weight.numpy() - before + change)
    allowed = 5e-3 * np.linalg.norm(change) + 1e-6 * np.sqrt(change.size)
    assert error <= allowed, (weight.name, error, allowed)


def _reference_step(trained_task, model, batch):
  """Returns losses and gradients of a model that has the whole batch.

  The losses are the means of the losses of the single images.
  """
  labels = train_labels.labels(trained_task.task_config, batch, tf.constant(0))
  with tf.GradientTape() as tape:
    outputs = model(
      batch.image,
      image_shape=labels['image_info'][:, 1],
      training=True,
      **{name: labels[name] for name in ('gt_boxes', 'gt_classes', 'gt_masks')},
    )
    del labels['gt_masks']
    parts = [
      trained_task.task.losses(
        _image(outputs, row), _image(labels, row), model.losses
      )
      for row in range(2)
    ]
    losses = {name: (parts[0][name] + parts[1][name]) / 2 for name in parts[0]}
  gradients = tape.gradient(
    losses['total_loss'],
    model.trainable_weights,
    # The coarsest features of the backbone are unused.
    unconnected_gradients=tf.UnconnectedGradients.ZERO,
  )
  return losses, [tf.convert_to_tensor(x).numpy() for x in gradients]


def _image(batch, row):
  return tf.nest.map_structure(lambda x: x[row : row + 1], batch)


def _trainable(model, values):
  """Returns the trainable weights among `values`, those of `get_weights`."""
  named = {id(w): x for w, x in zip(model.weights, values, strict=True)}
  return [named[id(w)] for w in model.trainable_weights]


def _kernels(model, values):
  trained = zip(model.trainable_weights, _trainable(model, values), strict=True)
  return [x for w, x in trained if 'kernel' in w.name.split('/')[-1]]


def sampling():
  """Checks that replicas sample different anchors of equal images."""
  split_cpu(2)
  params = [
    *('model.image_size = (64, 64)', 'model.levels = (2, 4)'),
    'AnchorTargets.batch_size_per_image = 32',
    'model.overrides = {"include_mask": False}',
  ]
  config = gin_config.load([], params).params.task
  scenes = types.SimpleNamespace(
    boxes=tf.constant([[[8.0, 8.0, 40.0, 40.0]]]),
    classes=tf.constant([[1]]),
    regions=ABSENT,
  )
  strategy = mirrored(2)

  def sampled(step):
    labels = strategy.run(
      lambda: train_labels.labels(config, scenes, tf.constant(step))
    )
    scores = labels['rpn_score_targets'].values()
    by_replica = zip(
      *map(strategy.experimental_local_results, scores), strict=True
    )
    return [np.concatenate([x.numpy().ravel() for x in y]) for y in by_replica]

  first, again, later = sampled(1), sampled(1), sampled(2)
  for one, same in zip(first, again, strict=True):
    np.testing.assert_array_equal(one, same)
  every = [*first, *later]
  assert all((x >= 0).sum() == 32 for x in every)
  assert len({x.tobytes() for x in every}) == len(every) == 4


def train(folder, mode, *params):
  """Trains the small Mask R-CNN on two replicas."""
  split_cpu(2)
  resolved = gin_config.load(
    ['smoke'], params, [], 'task.model.norm_activation.use_sync_bn=true'
  )
  runner.run(resolved, folder, mode)


if __name__ == '__main__':
  checks = [sync_norm, step, sampling, train]
  {check.__name__: check for check in checks}[sys.argv[1]](*sys.argv[2:])
