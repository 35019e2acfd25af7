import numpy as np
import tensorflow as tf

from copypaste_tf.augment.labels import boxes


def test_boxes_are_clipped_to_the_image():
  found = boxes.clip(tf.constant([[-1.0, 2.0, 5.0, 99.0]]), (4, 10))
  np.testing.assert_array_equal(found, [[0, 2, 4, 10]])


def test_boxes_without_area_are_empty():
  some = tf.constant([[0.0, 0, 1, 1], [3, 0, 3, 9], [0, 5, 9, 5], [2, 2, 1, 9]])
  np.testing.assert_array_equal(boxes.is_empty(some), [False, True, True, True])


def test_resize_scales_each_axis_separately():
  found = boxes.resize(
    tf.constant([[[1.0, 2.0, 3.0, 4.0]]], tf.float64),
    tf.constant([[10, 20]]),
    tf.constant([[20, 10]]),
  )
  np.testing.assert_allclose(found, [[[2, 1, 6, 2]]])


def test_flipping_twice_restores_the_boxes():
  rng = np.random.default_rng(0)
  low = rng.uniform(0, 10, [2, 3, 2])
  some = tf.constant(
    np.concatenate([low, low + rng.uniform(0, 5, low.shape)], 2)
  )
  width = tf.constant([20.0, 31.0], tf.float64)
  once = boxes.flip(some, width)
  np.testing.assert_allclose(boxes.flip(once, width), some)
  np.testing.assert_allclose(once[0, 0, 1], 20 - some[0, 0, 3])
  assert not boxes.is_empty(once).numpy().any()
