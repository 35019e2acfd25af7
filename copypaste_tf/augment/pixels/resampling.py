"""Finds the pixels of an image that each row and column of the canvas reads."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.draws.jitter import Jitter


class Linear(NamedTuple):
  """The two pixels between which each row or column of the canvas lies.

  Attributes:
    low: `[b, n]` int32, the pixel before, in [0, size).
    high: `[b, n]` int32, the pixel after, in [0, size).
    weight: `[b, n]` float32 in [0, 1), the weight of the pixel after.
    inside: `[b, n]` float32, 1 in the image and 0 outside.
  """

  low: tf.Tensor
  high: tf.Tensor
  weight: tf.Tensor
  inside: tf.Tensor


class Nearest(NamedTuple):
  """The pixel that is nearest to each row or column of the canvas.

  Attributes:
    pixel: `[b, n]` int32 in [0, size).
    inside: `[b, n]` int32, all bits set in the image and none outside.
  """

  pixel: tf.Tensor
  inside: tf.Tensor


def linear(
  size: tf.Tensor, jitter: Jitter, output_size: tuple[int, int], axis: int
) -> Linear:
  """Finds pixels and weights of bilinear resampling, with half-pixel centres.

  Args:
    size: `[b, 2]` int32, height and width of the images, pixels.
    jitter: one draw for each image.
    output_size: height and width of the canvas, pixels.
    axis: 0 for the `n` rows of the canvas, 1 for its columns.

  Returns:
    Pixels and weights as `Linear`.
  """
  coordinates = _scaled_coordinates(jitter, output_size, axis)
  inside = tf.cast(_inside(coordinates, jitter, axis), tf.float32)
  size = tf.cast(size[:, axis, tf.newaxis], tf.float32)
  scaled = tf.cast(jitter.scaled_size[:, axis, tf.newaxis], tf.float32)
  centre = (tf.cast(coordinates, tf.float32) + 0.5) * (size / scaled) - 0.5
  centre = tf.clip_by_value(centre, 0.0, size - 1)
  low = tf.floor(centre)
  high = tf.minimum(low + 1, size - 1)
  return Linear(
    tf.cast(low, tf.int32), tf.cast(high, tf.int32), centre - low, inside
  )


def nearest(
  size: tf.Tensor, jitter: Jitter, output_size: tuple[int, int], axis: int
) -> Nearest:
  """Finds the nearest pixels, in integer arithmetic.

  Args:
    size: `[b, 2]` int32, height and width of the images, pixels.
    jitter: one draw for each image.
    output_size: height and width of the canvas, pixels.
    axis: 0 for the `n` rows of the canvas, 1 for its columns.

  Returns:
    The pixels as `Nearest`.
  """
  coordinates = _scaled_coordinates(jitter, output_size, axis)
  inside = -tf.cast(_inside(coordinates, jitter, axis), tf.int32)
  size = size[:, axis, tf.newaxis]
  scaled = jitter.scaled_size[:, axis, tf.newaxis]
  pixel = (2 * coordinates + 1) * size // (2 * scaled)
  return Nearest(tf.clip_by_value(pixel, 0, size - 1), inside)


def of_channels(columns: Linear) -> Linear:
  """Turns columns of pixels into columns of RGB values.

  Args:
    columns: `Linear` of `[b, W]` tensors, columns of pixels in [0, w).

  Returns:
    `Linear` of `[b, 3 * W]` tensors of the same dtypes, positions in [0, 3 * w)
    of a row of RGB values.
  """
  low, high = (
    tf.repeat(3 * x, 3, axis=1) + tf.tile([0, 1, 2], [x.shape[1]])
    for x in (columns.low, columns.high)
  )
  weight, inside = (
    tf.repeat(x, 3, axis=1) for x in (columns.weight, columns.inside)
  )
  return Linear(low, high, weight, inside)


def _scaled_coordinates(jitter, output_size, axis) -> tf.Tensor:
  """Returns the pixel of the resized image at each canvas pixel, `[b, n]`."""
  pixels = tf.range(output_size[axis])
  coordinates = pixels + jitter.offset[:, axis, tf.newaxis]
  if axis == 0:
    return coordinates
  last = jitter.scaled_size[:, 1, tf.newaxis] - 1
  mirrored = jitter.flipped[:, tf.newaxis]
  return tf.where(mirrored, last - coordinates, coordinates)


def _inside(coordinates, jitter, axis) -> tf.Tensor:
  """Returns `[b, n]` bool, true where a coordinate lies in the image."""
  end = jitter.scaled_size[:, axis, tf.newaxis]
  return (coordinates >= 0) & (coordinates < end)
