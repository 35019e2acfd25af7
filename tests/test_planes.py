import numpy as np
import tensorflow as tf

from copypaste_tf.augment import planes


def test_address_splits_plane_and_value():
  plane, value = planes.address(tf.constant([0, 1, 255, 257, 3 * 256 + 9]))
  np.testing.assert_array_equal(plane, [0, 0, 0, 1, 3])
  np.testing.assert_array_equal(value, [0, 1, 255, 1, 9])


def test_shape_prefers_static_sizes():
  @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.int32)])
  def sizes(tensor):
    batch, width = planes.shape(tensor)
    assert isinstance(width, int)
    return batch

  assert sizes(tf.zeros([5, 3], tf.int32)) == 5


def test_fold_visits_only_planes_that_ids_address():
  content = tf.constant(np.arange(4, dtype=np.uint8)[None, None, None] + 1)

  def visited(ids):
    return planes.fold(
      lambda state, plane, _: state + plane[0, 0, 0], 0, content, ids
    ).numpy()

  assert visited(tf.constant([[0, 0]])) == 0
  assert visited(tf.constant([[1, 0]])) == 1
  assert visited(tf.constant([[1, 2 * 256 + 7]])) == 1 + 2 + 3
  assert visited(tf.constant([[3 * 256 + 1]])) == 1 + 2 + 3 + 4
