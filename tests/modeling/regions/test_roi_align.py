"""RoIAlign against a loop over regions and bins."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling.regions import roi_align

RANDOM = np.random.default_rng(0)
PYRAMID = {
  str(level): RANDOM.normal(size=[2, 64 >> level, 96 >> level, 3]).astype(
    np.float32
  )
  for level in (2, 3, 4)
}


def level_by_hand(box):
  side = np.sqrt((box[2] - box[0]) * (box[3] - box[1]))
  return int(np.clip(np.floor(np.log2(side / 224)) + 4, 2, 4)) if side else 2


def align_by_hand(image, box, size):
  level = level_by_hand(box)
  features = PYRAMID[str(level)][image]
  box = box / 2.0**level
  crop = np.zeros([size, size, 3])
  for i in range(size):
    for j in range(size):
      y = box[0] + (i + 0.5) * (box[2] - box[0]) / size
      x = box[1] + (j + 0.5) * (box[3] - box[1]) / size
      crop[i, j] = sample(features, y, x)
  return crop


def sample(features, y, x):
  height, width, _ = features.shape
  y0 = int(np.clip(np.floor(y), 0, height - 1))
  x0 = int(np.clip(np.floor(x), 0, width - 1))
  y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
  above = (1 - x + x0) * features[y0, x0] + (x - x0) * features[y0, x1]
  below = (1 - x + x0) * features[y1, x0] + (x - x0) * features[y1, x1]
  return (1 - y + y0) * above + (y - y0) * below


@pytest.mark.parametrize('size', [1, 7])
@pytest.mark.parametrize('compiled', [False, True])
def test_features_equal_a_loop(size, compiled):
  low = RANDOM.uniform(-4, 40, [2, 9, 2])
  rois = np.concatenate([low, low + RANDOM.uniform(1, 150, [2, 9, 2])], -1)
  rois = rois.astype(np.float32)
  rois[1, 8] = -1.0  # A padding row.
  pyramid = {level: tf.constant(x) for level, x in PYRAMID.items()}
  align = tf.function(
    lambda r: roi_align.roi_align(pyramid, r, size), jit_compile=compiled
  )
  actual = align(tf.constant(rois))
  for image in range(2):
    for i, box in enumerate(rois[image]):
      expected = align_by_hand(image, box, size)
      np.testing.assert_allclose(actual[image, i], expected, atol=2e-3)


def test_levels_follow_the_size_of_the_regions():
  sides = [0, 1, 27, 55, 57, 111, 113, 224, 447, 449, 10_000]
  rois = tf.constant([[[5.0, 5.0, 5.0 + s, 5.0 + s] for s in sides]])
  actual = roi_align.roi_levels(rois, 2, 6)[0]
  assert actual.numpy().tolist() == [2, 2, 2, 2, 2, 2, 3, 4, 4, 5, 6]
