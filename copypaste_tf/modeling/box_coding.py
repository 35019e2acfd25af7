"""Encodes boxes as offsets from reference boxes (R-CNN, appendix C).

The pixel convention is that of the published code (tensorflow/tpu): a box
covers the pixels from `ymin` to `ymax` inclusive, so its height is
`ymax - ymin + 1`, and the largest coordinate in an image is `height - 1`.
"""

import math
from collections.abc import Sequence

import tensorflow as tf

# Factors of (ty, tx, th, tw) in each stage of a cascade as published.
STAGE_WEIGHTS = (
  (10.0, 10.0, 5.0, 5.0),
  (20.0, 20.0, 10.0, 10.0),
  (30.0, 30.0, 15.0, 15.0),
)
UNWEIGHTED = (1.0, 1.0, 1.0, 1.0)
_EPSILON = 1e-8
# Largest logarithm of the growth of a side in `decode`, as published.
_LOG_GROWTH = math.log(1000.0 / 16.0)


def encode(
  boxes: tf.Tensor, references: tf.Tensor, weights: Sequence[float]
) -> tf.Tensor:
  """Encodes boxes as offsets from reference boxes.

  `ty` and `tx` are the shift of the centre in units of the reference's size;
  `th` and `tw` are the logarithms of the ratios of the sizes.

  Args:
    boxes: `[..., 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels.
    references: `[..., 4]` float32 boxes on the same pixel grid.
    weights: factors of `(ty, tx, th, tw)`.

  Returns:
    `[..., 4]` float32 `(ty, tx, th, tw)`, no unit.
  """
  center, size = _center_and_size(boxes)
  reference_center, reference_size = _center_and_size(references)
  size, reference_size = size + _EPSILON, reference_size + _EPSILON
  shift = (center - reference_center) / reference_size
  growth = tf.math.log(size / reference_size)
  return tf.concat([shift, growth], axis=-1) * tf.constant(weights)


def decode(
  codes: tf.Tensor, references: tf.Tensor, weights: Sequence[float]
) -> tf.Tensor:
  """Inverts `encode`; a side grows by a factor of 62.5 at most.

  Args:
    codes: `[..., 4]` float32 `(ty, tx, th, tw)` from `encode` or from a head.
    references: `[..., 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels.
    weights: factors of `(ty, tx, th, tw)`, the same as in `encode`.

  Returns:
    `[..., 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the references'
    grid, not clipped to the image.
  """
  shift, growth = tf.split(codes / tf.constant(weights), 2, axis=-1)
  center, size = _center_and_size(references)
  center += shift * size
  size *= tf.exp(tf.minimum(growth, _LOG_GROWTH))
  low = center - size / 2.0
  return tf.concat([low, low + size - 1.0], axis=-1)


def clip(boxes: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
  """Clips box coordinates to the image.

  Args:
    boxes: `[b, ..., 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels.
    sizes: `[b, 2]` int or float, height and width of the images in pixels.

  Returns:
    `[b, ..., 4]` float32 boxes: y in [0, height - 1], x in [0, width - 1].
  """
  limits = tf.tile(tf.cast(sizes, boxes.dtype) - 1.0, [1, 2])
  shape = [-1] + [1] * (boxes.shape.rank - 2) + [4]
  return tf.maximum(tf.minimum(boxes, tf.reshape(limits, shape)), 0.0)


def decode_regions(
  codes: tf.Tensor, rois: tf.Tensor, sizes: tf.Tensor, stage: int
) -> tf.Tensor:
  """Decodes and clips the boxes that a box head predicts for regions.

  Args:
    codes: `[b, n, 4]` float32 box codes relative to the regions, or
      `[b, n, 4 * k]` with one box for each class.
    rois: `[b, n, 4]` float32 regions in pixels.
    sizes: `[b, 2]` int or float, height and width of the images in pixels.
    stage: stage of the cascade, from 0; chooses the weights of the codes.

  Returns:
    `[b, n, 1 or k, 4]` float32 boxes in pixels: y in [0, height - 1], x in
    [0, width - 1].
  """
  codes = tf.reshape(codes, [-1, rois.shape[1], codes.shape[-1] // 4, 4])
  boxes = decode(codes, rois[:, :, tf.newaxis], STAGE_WEIGHTS[stage])
  return clip(boxes, sizes)


def _center_and_size(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns `[..., 2]` float32 centres and sizes of boxes in pixels."""
  low, high = tf.split(boxes, 2, axis=-1)
  size = high - low + 1.0
  return low + size / 2.0, size
