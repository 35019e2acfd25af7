"""Detections lie in the original images; padding images have none."""

import numpy as np
import tensorflow as tf

from copypaste_tf.inputs.decode import NO_IMAGE, EvalScenes
from copypaste_tf.tasks.detection import predictions

OUTPUTS = {
  'detection_boxes': tf.constant([[[2.0, 4, 6, 3]], [[1, 1, 5, 5]]]),
  'detection_scores': tf.constant([[0.5], [0.25]]),
  'detection_classes': tf.constant([[3], [4]]),
  'detection_masks': tf.ones([2, 1, 3, 3]),
}


def scenes():
  given = {
    'source_id': tf.constant([7, NO_IMAGE], tf.int64),
    'scale': tf.constant([[2.0, 0.5], [1.0, 1.0]]),
    'original_size': tf.constant([[20, 30], [8, 8]]),
  }
  return EvalScenes(**dict.fromkeys(EvalScenes._fields) | given)


def test_boxes_are_scaled_back_and_never_end_before_they_begin():
  found = predictions.predictions(OUTPUTS, scenes())
  # The side from 4 to 3 is empty; both ends are 4.
  np.testing.assert_array_equal(found['boxes'][0], [[1, 8, 3, 8]])
  np.testing.assert_array_equal(found['boxes'][1], [[1, 1, 5, 5]])
  assert found['masks'].shape == [2, 1, 3, 3]


def test_an_image_of_padding_has_no_detection():
  found = predictions.predictions(OUTPUTS, scenes())
  np.testing.assert_array_equal(found['classes'], [[3], [0]])


def test_a_model_without_masks_gives_none():
  boxes = {k: x for k, x in OUTPUTS.items() if k != 'detection_masks'}
  assert 'masks' not in predictions.predictions(boxes, scenes())
