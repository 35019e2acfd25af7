"""Softens the edges of the pasted pixels."""

import math

import tensorflow as tf


def soften(alpha: tf.Tensor, *, sigma: float) -> tf.Tensor:
  """Blurs a binary alpha with a Gaussian, cut at three standard deviations.

  Repeats the edges of the canvas, so that a constant alpha stays constant.

  Args:
    alpha: `[b, h, w]` bool, true for pasted pixels.
    sigma: standard deviation in pixels, above 0.

  Returns:
    `[b, h, w]` float32 in [0, 1].
  """
  radius = math.ceil(3 * sigma)
  kernel = tf.exp(
    -0.5 * (tf.range(-radius, radius + 1, dtype=tf.float32) / sigma) ** 2
  )
  kernel /= tf.reduce_sum(kernel)
  blurred = tf.cast(alpha, tf.float32)
  for axis in (1, 2):
    blurred = _convolve(blurred, kernel, axis)
  return tf.clip_by_value(blurred, 0.0, 1.0)


def _convolve(image, kernel, axis) -> tf.Tensor:
  """Convolves `[b, h, w]` with `[s]` along one axis, edges repeated."""
  radius = kernel.shape[0] // 2
  size = image.shape[axis]
  reach = tf.range(-radius, size + radius)
  image = tf.gather(image, tf.clip_by_value(reach, 0, size - 1), axis=axis)
  shape = [1, 1, 1, 1]
  shape[axis - 1] = kernel.shape[0]
  kernel = tf.reshape(kernel, shape)
  return tf.nn.conv2d(image[..., tf.newaxis], kernel, 1, 'VALID')[..., 0]
