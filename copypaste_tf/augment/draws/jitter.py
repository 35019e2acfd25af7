"""Draws the scale jitter of each image; `warp` applies it.

Only integer arithmetic on 16-bit draws decides where a pixel or a label goes,
so every device and compiler gives the same masks.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.draws import random
from copypaste_tf.augment.options import ScaleJitter


class Jitter(NamedTuple):
  """One draw of flip, scale and crop for each image of a batch.

  Attributes:
    scaled_size: `[b, 2]` int32, height and width in pixels after the resize.
    offset: `[b, 2]` int32, `(y, x)` of the top left corner of the crop, in
      pixels of the resized image.
    flipped: `[b]` bool, true for images mirrored at the vertical axis.
  """

  scaled_size: tf.Tensor
  offset: tf.Tensor
  flipped: tf.Tensor


def sample(
  seed: tf.Tensor,
  size: tf.Tensor,
  *,
  output_size: tuple[int, int],
  jitter: ScaleJitter,
) -> Jitter:
  """Draws flip, scale and crop for each image of a batch.

  The longer side of `scale * output_size` is a uniform whole number of pixels.
  Each image is resized to the largest size that fits into it. If the result is
  larger than the output, a crop of the output size is drawn uniformly.

  Args:
    seed: `[2]` int32 or int64.
    size: `[b, 2]` int32, height and width of the images, pixels.
    output_size: height and width of the canvas, pixels.
    jitter: the ranges; see `ScaleJitter`.

  Returns:
    A `Jitter`.

  Raises:
    ValueError: if the ranges are not `0 < min_scale <= max_scale` and
      `0 <= flip_probability <= 1`.
  """
  jitter.check()
  bits = random.bits16(seed, [size.shape[0] or tf.shape(size)[0], 4])
  box = _scaled_canvas(bits[:, 0], output_size, jitter)
  scaled_size = _fit(size, box)
  room = tf.maximum(scaled_size - tf.constant(output_size), 0)
  offset = random.below(bits[:, 1:3], room + 1)
  flipped = random.happens(bits[:, 3], jitter.flip_probability)
  return Jitter(scaled_size, offset, flipped)


def fitted(size: tf.Tensor, *, output_size: tuple[int, int]) -> Jitter:
  """Returns the `Jitter` of evaluation, which fits images into the canvas.

  Args:
    size: `[b, 2]` int32, height and width of the images, pixels.
    output_size: height and width of the canvas, pixels.

  Returns:
    A `Jitter` without crop and flip.

  >>> fitted(tf.constant([[2, 3]]), output_size=(10, 10)).scaled_size.numpy()
  array([[ 7, 10]], dtype=int32)
  """
  canvas = tf.broadcast_to(tf.constant(output_size), tf.shape(size))
  scaled_size = _fit(size, canvas)
  flipped = tf.zeros_like(size[:, 0], tf.bool)
  return Jitter(scaled_size, tf.zeros_like(size), flipped)


def _scaled_canvas(bits, output_size, jitter) -> tf.Tensor:
  """Returns `scale * output_size` in whole pixels, `[b, 2]` int32."""
  longest = max(output_size)
  low = max(1, round(jitter.min_scale * longest))
  high = max(low, round(jitter.max_scale * longest))
  side = low + random.below(bits, high - low + 1)
  canvas = tf.constant(output_size)
  return tf.maximum(_divide(side[:, tf.newaxis] * canvas, longest), 1)


def _fit(size, box) -> tf.Tensor:
  """Returns the largest size of the same aspect that fits into `box`."""
  height, width = tf.unstack(size, axis=1)
  box_height, box_width = tf.unstack(box, axis=1)
  by_height = box_height * width <= box_width * height
  scaled_height = _divide(height * box_width, tf.maximum(width, 1))
  scaled_width = _divide(width * box_height, tf.maximum(height, 1))
  fitted_size = tf.stack(
    [
      tf.where(by_height, box_height, scaled_height),
      tf.where(by_height, scaled_width, box_width),
    ],
    axis=1,
  )
  return tf.maximum(fitted_size, 1)


def _divide(numerator, denominator) -> tf.Tensor:
  """Divides integers and rounds to the nearest, halves up."""
  return (2 * numerator + denominator) // (2 * denominator)
