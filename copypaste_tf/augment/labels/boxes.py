"""Computes with boxes, `(ymin, xmin, ymax, xmax)` in pixels."""

import tensorflow as tf


def clip(boxes: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
  """Clips boxes to a canvas.

  Args:
    boxes: `[..., 4]` float in pixels of the canvas.
    size: height and width of the canvas, pixels.

  Returns:
    `[..., 4]` of the same dtype, ymin and ymax in [0, height], xmin and xmax
    in [0, width].

  >>> clip(tf.constant([-1.0, 2.0, 3.0, 9.0]), (4, 5)).numpy()
  array([0., 2., 3., 5.], dtype=float32)
  """
  height, width = size
  limit = tf.constant([height, width, height, width], boxes.dtype)
  return tf.clip_by_value(boxes, 0, limit)


def is_empty(boxes: tf.Tensor) -> tf.Tensor:
  """Tells which boxes enclose no area.

  Args:
    boxes: `[..., 4]` numbers in pixels.

  Returns:
    `[...]` bool.

  >>> is_empty(tf.constant([[0, 0, 1, 1], [2, 0, 1, 1]])).numpy()
  array([False,  True])
  """
  ymin, xmin, ymax, xmax = tf.unstack(boxes, axis=-1)
  return (ymax <= ymin) | (xmax <= xmin)


def resize(
  boxes: tf.Tensor, old_size: tf.Tensor, new_size: tf.Tensor
) -> tf.Tensor:
  """Scales boxes with a resized image.

  Computes in float64, so that fused and unfused arithmetic round to the same
  float32.

  Args:
    boxes: `[b, n, 4]` float64 in pixels of the old size.
    old_size: `[b, 2]` int32, height and width in pixels.
    new_size: `[b, 2]` int32, height and width in pixels.

  Returns:
    `[b, n, 4]` float64, pixels of the new size.
  """
  scale = tf.cast(new_size, tf.float64) / tf.cast(old_size, tf.float64)
  return boxes * tf.tile(scale, [1, 2])[:, tf.newaxis]


def flip(boxes: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
  """Mirrors boxes at the vertical axis of an image.

  Args:
    boxes: `[b, n, 4]` float in pixels.
    width: `[b]` of the same dtype, width of the images in pixels.

  Returns:
    `[b, n, 4]` of the same dtype, in pixels.
  """
  ymin, xmin, ymax, xmax = tf.unstack(boxes, axis=-1)
  width = width[:, tf.newaxis]
  return tf.stack([ymin, width - xmax, ymax, width - xmin], axis=-1)
