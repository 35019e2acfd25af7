"""Pastes the masks of detections into whole images, in TensorFlow.

It computes the same masks as `evaluation.pasting`, which uses NumPy.
"""

import tensorflow as tf

THRESHOLD = 0.5


def paste_masks(
  masks: tf.Tensor,
  boxes: tf.Tensor,
  sizes: tf.Tensor,
  *,
  threshold: float = THRESHOLD,
) -> tf.Tensor:
  """Interpolates masks at the pixel centres inside their boxes.

  The cells of a mask tile its box. The probability is bilinear between the
  centres of the cells and 0 outside the box.

  Args:
    masks: `[b, d, s, s]` float32 probabilities in [0, 1].
    boxes: `[b, d, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the
      image; a box may leave the image or be empty.
    sizes: `[b, 2]` int32, height and width of the images in pixels.
    threshold: a pixel belongs to the object if its probability is above this.

  Returns:
    `[b, d, H, W]` uint8 in {0, 1}, 1 on the object. H and W are the largest
    height and width of the batch; smaller images lie at the top left.
  """
  canvas = tf.maximum(tf.reduce_max(sizes, axis=0), 0)
  count = tf.shape(masks)[1]
  shape = [tf.shape(masks)[0], count, canvas[0], canvas[1]]

  def paste_all():
    pasted = tf.map_fn(
      lambda x: _paste_mask(*x, canvas, threshold),
      (
        tf.reshape(masks, [-1, *masks.shape[2:]]),
        tf.reshape(boxes, [-1, 4]),
        tf.repeat(sizes, count, axis=0),
      ),
      fn_output_signature=tf.TensorSpec([None, None], tf.uint8),
    )
    return tf.reshape(pasted, shape)

  # Without detections, `map_fn` cannot infer the shape of its output.
  return tf.cond(
    tf.size(boxes) > 0, paste_all, lambda: tf.zeros(shape, tf.uint8)
  )


def _paste_mask(mask, box, size, canvas, threshold):
  """Pastes one mask; computes only the pixels inside the box."""
  ymin, xmin, ymax, xmax = tf.unstack(tf.cast(box, tf.float64))
  top, bottom = _span(ymin, ymax, size[0])
  left, right = _span(xmin, xmax, size[1])
  rows = _weights(top, bottom, ymin, ymax, mask.shape[0])  # [r, m]
  columns = _weights(left, right, xmin, xmax, mask.shape[1])  # [c, m]
  inside = rows @ mask @ tf.transpose(columns) > threshold
  around = [[top, canvas[0] - bottom], [left, canvas[1] - right]]
  return tf.pad(tf.cast(inside, tf.uint8), around)


def _span(low, high, size):
  """Returns start and end (exclusive) of the pixels of a box on an axis."""
  first = tf.clip_by_value(tf.cast(tf.floor(low), tf.int32), 0, size)
  last = tf.clip_by_value(tf.cast(tf.math.ceil(high), tf.int32), first, size)
  return first, tf.where(high > low, last, first)


def _weights(start, stop, low, high, cells):
  """Computes the bilinear weights of the cells at the pixel centres.

  Returns:
    `[stop - start, cells]` float32 in [0, 1].
  """
  centers = tf.cast(tf.range(start, stop), tf.float64) + 0.5
  position = (centers - low) / (high - low) * cells - 0.5
  distance = tf.abs(position[:, tf.newaxis] - tf.range(cells, dtype=tf.float64))
  return tf.cast(tf.maximum(1 - distance, 0), tf.float32)
