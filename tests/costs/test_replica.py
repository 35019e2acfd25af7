import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs.replica import OneOfMany


def _instructions(function, *specs):
  compiled = tf.function(function, jit_compile=True)
  serialized = compiled.experimental_get_compiler_ir(*specs)('hlo_serialized')
  module = hlo_pb2.HloModuleProto.FromString(serialized)
  return [x for c in module.computations for x in c.instructions]


def _sums(instructions):
  return [x for x in instructions if x.opcode == 'all-reduce']


def _all_reduced(replicas, operation, x):
  strategy = OneOfMany(replicas)

  def one(x):
    context = tf.distribute.get_replica_context()
    return context.all_reduce(operation, x)

  return strategy.run(one, args=(x,))


def test_the_strategy_reports_all_replicas():
  strategy = OneOfMany(6)
  assert strategy.num_replicas_in_sync == 6
  with strategy.scope():
    assert tf.distribute.get_strategy().num_replicas_in_sync == 6
  found = []
  strategy.run(
    lambda: found.append(
      tf.distribute.get_replica_context().num_replicas_in_sync
    )
  )
  assert found == [6]


def test_a_sum_goes_over_all_replicas():
  (found,) = _sums(
    _instructions(lambda x: _all_reduced(4, 'sum', x), tf.TensorSpec([3]))
  )
  (group,) = found.collective_device_list.replica_groups
  assert list(group.replica_ids) == [0, 1, 2, 3]


def test_the_gradient_of_a_sum_is_a_sum():
  def gradient(x):
    context = tf.distribute.get_replica_context()
    with tf.GradientTape() as tape:
      tape.watch(x)
      y = tf.reduce_sum(context.all_reduce('sum', tf.square(x)) ** 2)
    return tape.gradient(y, x)

  strategy = OneOfMany(4)
  instructions = _instructions(
    lambda x: strategy.run(gradient, args=(x,)), tf.TensorSpec([3])
  )
  assert len(_sums(instructions)) == 2


@pytest.mark.parametrize('operation', ['sum', 'mean'])
def test_the_sum_over_one_replica_is_itself(operation):
  @tf.function(jit_compile=True)
  def run(x):
    return _all_reduced(1, operation, x)

  x = np.arange(5, dtype=np.float32)
  np.testing.assert_array_equal(run(x), x)
  assert not _sums(_instructions(run, tf.TensorSpec([5])))


def test_a_mean_divides_by_the_replicas():
  instructions = _instructions(
    lambda x: _all_reduced(4, 'mean', x), tf.TensorSpec([3])
  )
  assert len(_sums(instructions)) == 1
  assert 4.0 in {
    value for x in instructions for value in x.literal.f32s
  } and 'divide' in {x.opcode for x in instructions}


def test_the_replica_id_is_known_only_at_run_time():
  def number():
    return OneOfMany(4).run(
      lambda: tf.distribute.get_replica_context().replica_id_in_sync_group
    )

  opcodes = {x.opcode for x in _instructions(number)}
  assert 'replica-id' in opcodes


def test_optimizer_and_normalization_sum_over_the_replicas():
  strategy = OneOfMany(4)
  with strategy.scope():
    layer = tf_keras.layers.BatchNormalization(synchronized=True)
    layer.build([None, 3])
    optimizer = tf_keras.optimizers.legacy.SGD(0.1)
    optimizer._create_all_weights(layer.trainable_variables)

  def step(x):
    with tf.GradientTape() as tape:
      loss = tf.reduce_sum(layer(x, training=True) ** 3)
    weights = layer.trainable_variables
    gradients = tape.gradient(loss, weights)
    optimizer.apply_gradients(zip(gradients, weights, strict=True))

  sums = _sums(
    _instructions(
      lambda x: strategy.run(step, args=(x,)), tf.TensorSpec([2, 3])
    )
  )
  # Sum, sum of squares and count of the batch, and two gradients at least.
  assert len(sums) >= 4


@pytest.mark.parametrize('replicas', [0, -1])
def test_less_than_one_replica_is_refused(replicas):
  with pytest.raises(ValueError, match='at least one replica'):
    OneOfMany(replicas)
