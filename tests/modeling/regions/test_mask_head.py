"""The mask head predicts the mask of the class that it is given."""

import numpy as np
import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.regions.mask_head import ChannelOfEach, MaskHead


def test_each_region_gets_the_mask_of_its_class():
  head = MaskHead(Norm(), num_classes=5, num_convs=2, filters=4)
  features = tf.random.stateless_normal([2, 3, 14, 14, 6], [1, 2])
  all_classes = np.stack(
    [head(features, tf.fill([2, 3], k)).numpy() for k in range(5)]
  )
  classes = np.array([[0, 3, 1], [4, 4, 2]], np.int32)
  actual = head(features, tf.constant(classes))
  assert actual.shape == [2, 3, 28, 28]
  for b in range(2):
    for i in range(3):
      np.testing.assert_allclose(
        actual[b, i], all_classes[classes[b, i], b, i], atol=1e-6
      )
  assert np.abs(all_classes[0] - all_classes[1]).max() > 0


def test_a_chosen_channel_equals_that_of_a_convolution():
  random = np.random.default_rng(0)
  features = random.normal(size=[6, 4, 5, 7]).astype(np.float32)
  classes = np.array([0, 8, 3, 3, 1, 8], np.int32)
  chosen, all_channels = ChannelOfEach(9, 1), tf_keras.layers.Conv2D(9, 1)
  inputs = tf.constant(features)
  chosen(inputs, classes)
  all_channels(inputs)
  weights = [random.normal(size=w.shape) for w in chosen.get_weights()]
  chosen.set_weights(weights)
  all_channels.set_weights(weights)

  def channel_and_gradients(layer, function):
    with tf.GradientTape() as tape:
      tape.watch(inputs)
      outputs = function(inputs)
      loss = tf.reduce_sum(outputs**2)
    return outputs, tape.gradient(loss, [inputs, *layer.trainable_variables])

  actual = channel_and_gradients(chosen, lambda x: chosen(x, classes))
  expected = channel_and_gradients(
    all_channels,
    lambda x: tf.gather(all_channels(x), classes, axis=3, batch_dims=1),
  )
  tf.nest.map_structure(
    lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5),
    actual,
    expected,
  )
