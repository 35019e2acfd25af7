"""`evaluation.pasting` in the graph: box-relative masks onto whole images."""

import tensorflow as tf

THRESHOLD = 0.5


def paste(
  masks: tf.Tensor,
  boxes: tf.Tensor,
  sizes: tf.Tensor,
  *,
  threshold: float = THRESHOLD,
) -> tf.Tensor:
  """Interpolates masks at the pixel centres inside of their boxes.

  The cells of a mask tile the box; between their centres the probability is
  bilinear, outside of the box it is 0.

  Args:
    masks: `[b, k, m, m]` float32 probabilities in [0, 1].
    boxes: `[b, k, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels; may leave
      the image, and be empty.
    sizes: `[b, 2]` int32, height and width of the images.
    threshold: a pixel above this probability belongs to the object.

  Returns:
    `[b, k, H, W]` uint8, 1 on the objects; H and W are those of the largest
    height and width, and images lie at the top left.
  """
  canvas = tf.maximum(tf.reduce_max(sizes, axis=0), 0)
  count = tf.shape(masks)[1]
  shape = [tf.shape(masks)[0], count, canvas[0], canvas[1]]

  def paste_all():
    pasted = tf.map_fn(
      lambda x: _paste(*x, canvas, threshold),
      (
        tf.reshape(masks, [-1, *masks.shape[2:]]),
        tf.reshape(boxes, [-1, 4]),
        tf.repeat(sizes, count, axis=0),
      ),
      fn_output_signature=tf.TensorSpec([None, None], tf.uint8),
    )
    return tf.reshape(pasted, shape)

  # Nothing can be stacked when its shape is not known.
  return tf.cond(
    tf.size(boxes) > 0, paste_all, lambda: tf.zeros(shape, tf.uint8)
  )


def _paste(mask, box, size, canvas, threshold):
  """Pastes one mask; computes inside of the box only."""
  ymin, xmin, ymax, xmax = tf.unstack(tf.cast(box, tf.float64))
  top, bottom = _span(ymin, ymax, size[0])
  left, right = _span(xmin, xmax, size[1])
  rows = _weights(top, bottom, ymin, ymax, mask.shape[0])  # [r, m]
  columns = _weights(left, right, xmin, xmax, mask.shape[1])  # [c, m]
  inside = rows @ mask @ tf.transpose(columns) > threshold
  around = [[top, canvas[0] - bottom], [left, canvas[1] - right]]
  return tf.pad(tf.cast(inside, tf.uint8), around)


def _span(low, high, size):
  """First pixel, and last + 1, that a box side touches inside of the image."""
  first = tf.clip_by_value(tf.cast(tf.floor(low), tf.int32), 0, size)
  last = tf.clip_by_value(tf.cast(tf.math.ceil(high), tf.int32), first, size)
  return first, tf.where(high > low, last, first)


def _weights(start, stop, low, high, cells):
  """`[stop - start, cells]` bilinear weights of the cells at pixel centres."""
  centers = tf.cast(tf.range(start, stop), tf.float64) + 0.5
  position = (centers - low) / (high - low) * cells - 0.5
  distance = tf.abs(position[:, tf.newaxis] - tf.range(cells, dtype=tf.float64))
  return tf.cast(tf.maximum(1 - distance, 0), tf.float32)
