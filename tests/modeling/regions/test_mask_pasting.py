"""Pasting in TensorFlow against the NumPy version of the evaluation."""

import numpy as np
import tensorflow as tf

from copypaste_tf.evaluation import pasting
from copypaste_tf.modeling.regions import mask_pasting

SIZES = [(30, 40), (50, 21)]
BOXES = [
  (2.3, 4.1, 17.9, 25.2),
  (-5.5, -3.2, 10.1, 12.7),
  (11, 20, 44.4, 71.3),
  (3, 3, 4, 4),
  (3.2, 3.4, 3.9, 3.8),
  (-100, -100, 200, 200),
  (5, 0, 6, 40),
  (0, 0, 0, 0),
  (8, 9, 2, 3),
  (60, 60, 70, 70),
  (-9, -9, -1, -1),
]


def test_masks_equal_those_of_the_evaluation():
  rng = np.random.default_rng(0)
  masks = rng.random([2, len(BOXES), 28, 28]).astype(np.float32)
  boxes = np.float32([BOXES, BOXES[::-1]])
  pasted = mask_pasting.paste_masks(
    tf.constant(masks), tf.constant(boxes), tf.constant(SIZES)
  ).numpy()
  assert pasted.shape == (2, len(BOXES), 50, 40) and pasted.dtype == np.uint8
  expected = np.zeros_like(pasted)
  for i, size in enumerate(SIZES):
    for j in range(len(BOXES)):
      crop = pasting.paste(masks[i, j], boxes[i, j], size)
      window = expected[i, j][: size[0], : size[1]]
      window[crop.window] = crop.mask
  assert 0 < expected.sum() < expected.size
  # Rounding may move a pixel over the threshold.
  assert (pasted != expected).sum() <= 1


def test_without_detections_there_are_no_masks():
  pasted = mask_pasting.paste_masks(
    tf.zeros([2, 0, 28, 28]), tf.zeros([2, 0, 4]), tf.constant(SIZES)
  )
  assert pasted.shape == (2, 0, 50, 40)
