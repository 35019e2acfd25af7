import numpy as np
import tensorflow as tf

from copypaste_tf.augment.labels import id_planes


def test_shape_prefers_static_sizes():
  @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.int32)])
  def sizes(tensor):
    batch, width = id_planes.shape(tensor)
    assert isinstance(width, int)
    return batch

  assert sizes(tf.zeros([5, 3], tf.int32)) == 5


def test_used_planes_are_those_of_an_id():
  ids = tf.constant([[0, 0, 0], [1, 255, 0], [2 * 256 + 9, 0, 3]])
  np.testing.assert_array_equal(
    id_planes.used(ids, 3), [[0, 0, 0], [1, 0, 0], [1, 0, 1]]
  )
