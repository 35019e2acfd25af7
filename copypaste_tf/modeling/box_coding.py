"""Boxes as offsets from other boxes, with the published pixel convention.

A box covers the pixels from `ymin` to `ymax` inclusive, so it is
`ymax - ymin + 1` high, and nothing lies beyond the last pixel.
"""

import math
from collections.abc import Sequence

import tensorflow as tf

# Regression weights of each stage of a cascade.
STAGE_WEIGHTS = (
  (10.0, 10.0, 5.0, 5.0),
  (20.0, 20.0, 10.0, 10.0),
  (30.0, 30.0, 15.0, 15.0),
)
UNWEIGHTED = (1.0, 1.0, 1.0, 1.0)
_EPSILON = 1e-8
# The sides of a box do not grow by more than this factor.
_LOG_GROWTH = math.log(1000.0 / 16.0)


def encode(
  boxes: tf.Tensor, references: tf.Tensor, weights: Sequence[float]
) -> tf.Tensor:
  """Encodes boxes as offsets from reference boxes.

  Args:
    boxes: `[..., 4]` float32 `(ymin, xmin, ymax, xmax)` pixels.
    references: `[..., 4]` float32, of the same grid.
    weights: factors of `(ty, tx, th, tw)`.

  Returns:
    `[..., 4]` float32 `(ty, tx, th, tw)`.
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
  """Inverts `encode`, with growth limited.

  Args:
    codes: `[..., 4]` float32 `(ty, tx, th, tw)`.
    references: `[..., 4]` float32 `(ymin, xmin, ymax, xmax)` pixels.
    weights: factors of `(ty, tx, th, tw)`.

  Returns:
    `[..., 4]` float32 `(ymin, xmin, ymax, xmax)` pixels, not clipped.
  """
  shift, growth = tf.split(codes / tf.constant(weights), 2, axis=-1)
  center, size = _center_and_size(references)
  center += shift * size
  size *= tf.exp(tf.minimum(growth, _LOG_GROWTH))
  low = center - size / 2.0
  return tf.concat([low, low + size - 1.0], axis=-1)


def clip(boxes: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
  """Moves box coordinates into the image.

  Args:
    boxes: `[b, ..., 4]` float32 pixels.
    sizes: `[b, 2]` height and width of the images in pixels.

  Returns:
    `boxes` with coordinates in [0, height - 1] and [0, width - 1].
  """
  limits = tf.tile(tf.cast(sizes, boxes.dtype) - 1.0, [1, 2])
  shape = [-1] + [1] * (boxes.shape.rank - 2) + [4]
  return tf.maximum(tf.minimum(boxes, tf.reshape(limits, shape)), 0.0)


def _center_and_size(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  low, high = tf.split(boxes, 2, axis=-1)
  size = high - low + 1.0
  return low + size / 2.0, size
