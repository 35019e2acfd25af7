"""Anchors of a small pyramid, and objects among them."""

import numpy as np

from copypaste_tf.modeling.rpn import anchors

SIZE = (64, 96)


PYRAMID = {
  'min_level': 2,
  'max_level': 5,
  'num_scales': 1,
  'aspect_ratios': [1.0, 2.0, 0.5],
  'anchor_size': 8.0,
}


def random_objects(seed, counts=(0, 1, 4, 9), n=9):
  """Returns boxes that overlap anchors to all degrees, then padding rows."""
  rng = np.random.default_rng(seed)
  boxes = np.zeros([len(counts), n, 4], np.float32)
  classes = np.zeros([len(counts), n], np.int32)
  for row, count in enumerate(counts):
    size = rng.uniform(2, 60, [count, 2])
    low = rng.uniform(-5, 50, [count, 2])
    boxes[row, :count] = np.concatenate([low, low + size], axis=1)
    classes[row, :count] = rng.integers(1, 5, count)
  return boxes, classes


def pyramid():
  return anchors.pyramid_anchors(SIZE, **PYRAMID)
