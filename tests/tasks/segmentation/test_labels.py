import numpy as np
import tensorflow as tf

from copypaste_tf.examples import VOID, TrainScenes
from copypaste_tf.tasks.segmentation import labels


def test_a_cell_has_the_class_of_a_pixel_at_its_centre():
  rng = np.random.default_rng(0)
  class_map = rng.choice([0, 1, 20, VOID], [2, 16, 24]).astype(np.uint8)
  plane = tf.constant(class_map + np.uint8(1))[:, tf.newaxis]
  scenes = TrainScenes(*[None] * len(TrainScenes._fields))
  found = labels.labels(scenes._replace(planes=plane))['classes']
  assert found.dtype == tf.int32 and found.shape == [2, 4, 6]
  for row in range(4):
    for column in range(6):
      np.testing.assert_array_equal(
        found[:, row, column], class_map[:, 4 * row + 2, 4 * column + 2]
      )
