"""Tests the fusion of a pyramid and the shape of the scores."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling import segmentation_head
from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.segmentation_head import SegmentationHead


def pyramid(levels, side=64, channels=6, value=None):
  rng = np.random.default_rng(0)
  shapes = {str(k): [2, side >> k, side >> k, channels] for k in levels}
  return {
    level: tf.constant(
      rng.normal(size=shape) if value is None else np.full(shape, value),
      tf.float32,
    )
    for level, shape in shapes.items()
  }


@pytest.mark.parametrize('levels', [range(2, 6), range(3, 7)])
def test_all_levels_are_added_at_stride_4(levels):
  ones = pyramid(levels, value=1.0)
  fused = segmentation_head.fuse(ones)
  assert fused.shape == [2, 16, 16, 6]
  np.testing.assert_allclose(fused, len(levels), rtol=1e-6)


def test_a_level_is_resized_with_half_pixel_centres():
  ramp = tf.reshape(tf.range(4.0), [1, 1, 4, 1]) * tf.ones([1, 4, 1, 1])
  fused = segmentation_head.fuse({'3': ramp})
  row = [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
  np.testing.assert_allclose(fused[0, 0, :, 0], row, rtol=1e-6)


@pytest.mark.parametrize(('filters', 'expected'), [(5, 5), (0, 6)])
def test_the_width_is_that_of_the_config_or_of_the_pyramid(filters, expected):
  head = SegmentationHead(Norm(), num_classes=3, num_convs=2, filters=filters)
  scores = head(pyramid([2, 3]), training=True)
  assert scores.shape == [2, 16, 16, 3] and scores.dtype == tf.float32
  kernels = [
    v.shape.as_list() for v in head.trainable_variables if 'kernel' in v.name
  ]
  assert sorted(kernels) == sorted(
    [[3, 3, 6, expected], [3, 3, expected, expected], [1, 1, expected, 3]]
  )
