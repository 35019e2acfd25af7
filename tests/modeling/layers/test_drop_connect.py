"""Drop rate and mean of dropped examples."""

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.layers.drop_connect import drop_connect


def test_whole_examples_are_dropped_and_the_mean_stays():
  layer = drop_connect(0.2, 'drop')
  x = tf.ones([4000, 2, 2, 3])
  actual = layer(x, training=True).numpy()
  by_example = actual.reshape(4000, -1)
  assert np.all(by_example == by_example[:, :1])
  values = np.unique(by_example)
  np.testing.assert_allclose(values, [0.0, 1.25])
  assert abs(by_example.mean() - 1.0) < 0.03
  np.testing.assert_array_equal(layer(x, training=False), x)
