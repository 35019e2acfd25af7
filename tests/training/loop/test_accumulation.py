"""Gradient accumulation equals the step of the whole batch."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.training.loop import accumulation


def learned(parts, *, jit_compile=False):
  """Returns loss, weights and numbers after a step of a regression."""
  random = np.random.default_rng(0)
  batch = {
    'x': tf.constant(random.normal(size=[12, 3]), tf.float32),
    'y': tf.constant(random.normal(size=[12]), tf.float32),
  }
  used, unused = tf.Variable([[0.5], [1.0], [2.0]]), tf.Variable(3.0)
  weights = [used, unused]
  optimizer = tf_keras.optimizers.legacy.SGD(0.1, momentum=0.9)
  optimizer._create_all_weights(weights)
  seen = tf.Variable(tf.zeros([24], tf.int32))

  def compute(part, number):
    assert part['x'].shape == [12 // parts, 3]
    seen.scatter_nd_add([[number]], [1])
    with tf.GradientTape() as tape:
      error = (part['x'] @ used)[:, 0] - part['y']
      loss = tf.reduce_mean(error**2)
    return {'loss': loss}, tape.gradient(loss, weights)

  @tf.function(jit_compile=jit_compile)
  def run():
    values, gradients = accumulation.mean_gradients(
      compute, batch, optimizer.iterations, weights, parts, names=['loss']
    )
    optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return values['loss']

  found = [run().numpy() for _ in range(2)]
  assert int(optimizer.iterations) == 2
  np.testing.assert_array_equal(seen, [1] * 2 * parts + [0] * (24 - 2 * parts))
  assert unused.numpy() == 3.0
  return found, used.numpy()


@pytest.mark.parametrize(
  ('parts', 'jit_compile'),
  [
    *[(2, False), (3, False), (12, False), (2, True), (3, True)],
    # Most of the time goes into its compilation.
    pytest.param(12, True, marks=pytest.mark.thorough),
  ],
)
def test_micro_batches_give_the_step_of_the_whole_batch(parts, jit_compile):
  losses, weights = learned(1)
  found, other = learned(parts, jit_compile=jit_compile)
  np.testing.assert_allclose(found, losses, rtol=1e-6)
  np.testing.assert_allclose(other, weights, rtol=1e-6, atol=1e-6)
  assert losses[1] < losses[0]


@pytest.mark.parametrize('spread', [False, True])
def test_a_part_has_neighbours_or_images_of_all_kinds(spread):
  kinds = tf.constant([0.0, 0.0, 0.0, 0.0, 1.0, 1.0])

  def compute(part, number):
    means = {'mean': tf.reduce_mean(part), 'first': part[0], 'other': 3.0}
    return means, [tf.reduce_max(part)]

  values, gradients = accumulation.mean_gradients(
    compute,
    kinds,
    tf.constant(0, tf.int64),
    [tf.Variable(0.0)],
    2,
    names=['mean', 'first'],
    spread=spread,
  )
  assert values.keys() == {'mean', 'first'}
  assert float(values['mean']) == pytest.approx(1 / 3)
  assert float(gradients[0]) == (1.0 if spread else 0.5)


# How much the process grows at most while it learns; it has compiled before.
PEAK = """
import sys
import tensorflow as tf
import tf_keras
from copypaste_tf.training.loop import accumulation
from copypaste_tf.training.run import memory

parts, jit_compile = int(sys.argv[1]), sys.argv[2] == 'xla'
kernels = [tf.Variable(tf.fill([3, 3, 16, 16], 0.01)) for _ in range(10)]
optimizer = tf_keras.optimizers.legacy.SGD(0.1)
optimizer._create_all_weights(kernels)


def compute(images, number):
  with tf.GradientTape() as tape:
    x = images
    for kernel in kernels:
      x = tf.tanh(tf.nn.conv2d(x, kernel, 1, 'SAME'))
    loss = tf.reduce_mean(x**2)
  return {'loss': loss}, tape.gradient(loss, kernels)


@tf.function(jit_compile=jit_compile)
def run(images):
  values, gradients = accumulation.mean_gradients(
    compute, images, optimizer.iterations, kernels, parts, names=['loss']
  )
  optimizer.apply_gradients(zip(gradients, kernels, strict=True))
  return values['loss']


images = tf.ones([32, 128, 128, 16])
run.get_concrete_function(images)
before = memory.rss_mib()
with open('/proc/self/clear_refs', 'w') as file:
  file.write('5')  # The peak begins anew.
run(images)
print(memory.peak_mib() - before)
"""


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize('compiler', ['none', 'xla'])
def test_the_step_needs_the_memory_of_one_micro_batch(compiler):
  def peak(parts):
    done = subprocess.run(
      [sys.executable, '-c', PEAK, str(parts), compiler],
      capture_output=True,
      text=True,
      check=False,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.splitlines()[-1])

  whole, parts = peak(1), peak(16)
  # Ten activations of 32 MiB are kept for the gradients.
  assert whole > 320
  assert parts < whole / 3, (whole, parts)


# The detector's step, once by two replicas and once in two parts. In a process
# of its own: devices are fixed when TensorFlow starts.
DETECTOR = """
import json
import sys
import numpy as np
import tensorflow as tf
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop.adapter import ModelGardenTask

(cpu,) = tf.config.list_physical_devices('CPU')
tf.config.set_logical_device_configuration(
  cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
two = tf.distribute.MirroredStrategy(['/cpu:0', '/cpu:1'])
one = tf.distribute.OneDeviceStrategy('/cpu:0')
params = gin_config.load(['smoke'], sys.argv[1:]).params
config = params.task
built = registry.build(config)
scenes = next(iter(built.train_inputs(config.train_data)))


def learn(strategy, parts):
  with strategy.scope():
    built = ModelGardenTask(registry.build(config.replace(micro_batches=parts)))
    model = built.build_model()
    optimizer = built.create_optimizer(params.trainer.optimizer_config)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = built.build_metrics()
  if not learn.start:
    learn.start = model.get_weights()
  model.set_weights(learn.start)
  before = [v.numpy() for v in model.trainable_variables]
  replicas = strategy.num_replicas_in_sync

  def value(context):
    def part(x):
      return tf.split(x, replicas)[context.replica_id_in_sync_group]

    return tf.nest.map_structure(part, scenes)

  values = strategy.experimental_distribute_values_from_function(value)
  run = tf.function(
    lambda x: strategy.run(built.train_step, (x, model, optimizer, metrics))
  )
  run(values)
  learned = [v.numpy() for v in model.trainable_variables]
  learn.moved = distance(before, learned)
  return learned, {m.name: float(m.result()) for m in metrics}


def distance(some, others):
  pairs = zip(some, others, strict=True)
  return float(max(np.abs(a - b).max() for a, b in pairs))


learn.start = None
replicas, replica_losses = learn(two, 1)
parts, part_losses = learn(one, 2)
print(json.dumps({
  'apart': distance(replicas, parts),
  'moved': learn.moved,
  'losses': [replica_losses, part_losses],
}))
"""


@pytest.mark.thorough
@pytest.mark.slow
def test_micro_batches_learn_the_same_as_that_many_replicas(shapes_params):
  done = subprocess.run(
    [
      *(sys.executable, '-c', DETECTOR, *shapes_params),
      *('IMAGE_SIZE = (64, 64)', 'BATCH_SIZE = 4'),
    ],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  found = json.loads(done.stdout.splitlines()[-1])
  replicas, parts = found['losses']
  assert parts == pytest.approx(replicas, rel=1e-4)
  assert found['moved'] > 1e-4
  assert found['apart'] < 1e-3 * found['moved']
