"""Batch statistics, moving statistics, and their synchronisation."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling.layers.normalization import Norm


@pytest.mark.parametrize('synchronized', [False, True])
def test_statistics_and_epsilon(synchronized):
  layer = Norm(0.9, 0.5, synchronized).layer('scope/bn')
  x = np.random.default_rng(0).normal(2.0, 3.0, [8, 16, 16, 2])
  x = x.astype(np.float32)
  actual = layer(tf.constant(x), training=True)
  mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
  expected = (x - mean) / np.sqrt(variance + 0.5)
  np.testing.assert_allclose(actual, expected, atol=1e-4)
  np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-4)
  np.testing.assert_allclose(
    layer.moving_variance, 0.9 + 0.1 * variance, rtol=1e-3
  )


def test_two_replicas_share_their_statistics():
  # The logical devices of a process cannot be changed later.
  devices = tf.config.list_logical_devices('CPU')
  if len(devices) < 2:
    pytest.skip('needs two logical CPUs')
  strategy = tf.distribute.MirroredStrategy([d.name for d in devices[:2]])
  with strategy.scope():
    layer = Norm(synchronized=True).layer('bn')
    layer.build([None, 1])
  values = strategy.experimental_distribute_values_from_function(
    lambda context: tf.fill([4, 1], float(context.replica_id_in_sync_group))
  )
  actual = strategy.run(lambda x: layer(x, training=True), [values])
  first, second = strategy.experimental_local_results(actual)
  np.testing.assert_allclose(first, -second, atol=1e-5)
  assert np.abs(first).min() > 0.9
