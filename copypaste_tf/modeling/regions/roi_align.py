"""Reads the features of regions: one bilinear sample in the middle of each bin.

This is RoIAlign (Mask R-CNN, section 3) as published (tensorflow/tpu).
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

# A region of 224 pixels, the side of an ImageNet crop, is read from level 4.
_CANONICAL_LEVEL = 4
_CANONICAL_SIZE = 224.0
_EPSILON = 1e-6


def roi_align(
  pyramid: Mapping[str, tf.Tensor], rois: tf.Tensor, size: int
) -> tf.Tensor:
  """Samples a grid of features in each region.

  Each region is read from the level of `roi_levels`. Features lie at integer
  coordinates: position `i` of level `l` is at `i * 2^l` pixels. They are
  extrapolated beyond the last position, as published.

  Args:
    pyramid: `{level: [b, h_l, w_l, c]}` float32 or bfloat16, consecutive
      levels.
    rois: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    size: side of the grid.

  Returns:
    `[b, n, size, size, c]` features in the dtype of the pyramid.
  """
  levels = sorted(pyramid, key=int)
  flat, table = _flatten([pyramid[level] for level in levels])
  row = roi_levels(rois, int(levels[0]), int(levels[-1])) - int(levels[0])
  stride = 2.0 ** tf.cast(row + int(levels[0]), tf.float32)
  boxes = rois / stride[..., tf.newaxis]
  offset, height, width = tf.unstack(tf.gather(table, row), axis=-1)
  y = _neighbours(boxes[..., 0], boxes[..., 2], height, size)
  x = _neighbours(boxes[..., 1], boxes[..., 3], width, size)
  total = 0.0
  for y_index, y_weight in y:
    for x_index, x_weight in x:
      index = y_index * width[..., tf.newaxis] + offset[..., tf.newaxis]
      index = index[..., tf.newaxis] + x_index[:, :, tf.newaxis]
      weight = y_weight[..., tf.newaxis] * x_weight[:, :, tf.newaxis]
      corner = tf.gather(flat, index, axis=1, batch_dims=1)
      total += corner * tf.cast(weight, corner.dtype)[..., tf.newaxis]
  return total


def roi_levels(rois: tf.Tensor, min_level: int, max_level: int) -> tf.Tensor:
  """Assigns regions to pyramid levels by their size (FPN, equation 1).

  Args:
    rois: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    min_level: finest level.
    max_level: coarsest level.

  Returns:
    `[b, n]` int32 in [min_level, max_level].
  """
  sides = tf.maximum(rois[..., 2:] - rois[..., :2], 0.0)
  side = tf.sqrt(tf.reduce_prod(sides, axis=-1))
  octaves = tf.math.log(tf.maximum(side, _EPSILON) / _CANONICAL_SIZE)
  level = _CANONICAL_LEVEL + tf.cast(
    tf.math.floordiv(octaves, tf.math.log(2.0)), tf.int32
  )
  return tf.clip_by_value(level, min_level, max_level)


def _flatten(features: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
  """Concatenates the levels of a pyramid.

  Returns:
    `[b, sum of h_l * w_l, c]` features, and `[levels, 3]` int32: the offset,
    height and width of each level.
  """
  table, offset = [], 0
  for x in features:
    table.append((offset, x.shape[1], x.shape[2]))
    offset += x.shape[1] * x.shape[2]
  channels = features[0].shape[-1]
  flat = [
    tf.reshape(x, [-1, height * width, channels])
    for x, (_, height, width) in zip(features, table, strict=True)
  ]
  return tf.concat(flat, axis=1), tf.constant(np.array(table, np.int32))


def _neighbours(
  low: tf.Tensor, high: tf.Tensor, length: tf.Tensor, size: int
) -> list[tuple[tf.Tensor, tf.Tensor]]:
  """Finds the two positions around each sample on an axis.

  Args:
    low: `[b, n]` float32 first coordinate of the regions, in positions.
    high: `[b, n]` float32 last coordinate of the regions, in positions.
    length: `[b, n]` int32 number of positions on the axis.
    size: number of samples in a region.

  Returns:
    For each of the two, `[b, n, size]` int32 positions and float32 weights.
  """
  last = tf.cast(length - 1, tf.float32)[..., tf.newaxis]
  middles = tf.range(size, dtype=tf.float32) + 0.5
  position = (
    low[..., tf.newaxis] + middles * (high - low)[..., tf.newaxis] / size
  )
  before = tf.clip_by_value(tf.floor(position), 0.0, last)
  after = tf.minimum(before + 1.0, last)
  fraction = position - before
  return [
    (tf.cast(before, tf.int32), 1.0 - fraction),
    (tf.cast(after, tf.int32), fraction),
  ]
