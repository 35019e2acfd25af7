import numpy as np
import tensorflow as tf

from copypaste_tf.augment.labels import extents


def test_parts_of_an_instance_are_joined():
  # Of three instances in two blocks of rows: in both, in one, in none.
  area = tf.constant([[[4, 0, 0], [2, 5, 0]]])
  box = tf.constant(
    [
      [
        [[1, 6, 3, 9], [0] * 4, [0] * 4],
        [[4, 2, 7, 8], [5, 1, 6, 6], [0] * 4],
      ]
    ]
  )
  found = extents.join(extents.Extent(area, box))
  np.testing.assert_array_equal(found.area, [[6, 5, 0]])
  np.testing.assert_array_equal(
    found.box, [[[1, 2, 7, 9], [5, 1, 6, 6], [0] * 4]]
  )


def test_boxes_have_their_area_and_the_pixels_that_they_touch():
  boxes = [[1.5, 2, 4, 5], [0, 0, 3, 0.99], [2, 2, 3, 3], [2, 2, 9, 9]]
  found = extents.of_boxes(
    tf.constant([boxes], tf.float32), tf.constant([[1, 2, 3, 0]])
  )
  assert found.area.numpy().tolist() == [[8, 0, 1, 0]]
  assert found.box.numpy().tolist() == [
    [[1, 2, 4, 5], [0] * 4, [2, 2, 3, 3], [0] * 4]
  ]
