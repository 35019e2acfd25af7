"""Cuts masks into strips of the rows that hold a pixel.

Eight pixels of a row are one number of 64 bits, a word.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import extents

PIXELS = 8  # of a word
# A byte of a sum holds as many rows of a mask.
_SUMMED = 255


class Strips(NamedTuple):
  """The rows of `n` masks from the first to the last with a pixel.

  Attributes:
    words: `[k, w / 8]` uint64, rounded up; a byte is 1 inside. The rows of the
      masks follow each other.
    start: `[n]` int32, first row of each mask in `words`.
    box: `[n, 4]` int32 `(ymin, xmin, ymax, xmax)` in pixels with exclusive
      ends; zeros for masks without pixels.
  """

  words: tf.Tensor
  start: tf.Tensor
  box: tf.Tensor


def cut(masks: tf.Tensor, columns: int | tf.Tensor) -> Strips:
  """Cuts masks into strips.

  Args:
    masks: `[n, h, w]` bool.
    columns: width of the strips in words, at least that of the masks.

  Returns:
    The strips of the `n` masks.
  """
  count, height, width = tf.unstack(tf.shape(masks))
  top, bottom = _span(tf.reduce_any(masks, axis=2))
  rows = tf.ragged.range(top, bottom, row_splits_dtype=tf.int32)
  mask = rows.value_rowids()
  flat = tf.gather(
    tf.reshape(masks, [count * height, width]), mask * height + rows.values
  )
  words = _to_words(tf.cast(flat, tf.uint8), columns)
  # Sums over few rows, since sums of more would run over into the next byte.
  parts = height // _SUMMED + 1
  sums = tf.math.unsorted_segment_sum(
    words, mask * parts + rows.values // _SUMMED, count * parts
  )
  in_column = tf.reshape(
    tf.bitcast(sums, tf.uint8), [count, parts, columns * PIXELS]
  )
  left, right = _span(tf.reduce_max(in_column, axis=1) > 0)
  box = tf.stack([top, left, bottom, right], axis=1)
  return Strips(words, rows.row_starts(), box)


def num_words(pixels: tf.Tensor) -> tf.Tensor:
  """Returns the number of words that hold a number of pixels.

  Args:
    pixels: integers of any shape.

  >>> num_words(tf.constant([0, 1, 8, 9])).numpy().tolist()
  [0, 1, 1, 2]
  """
  return (pixels + PIXELS - 1) // PIXELS


def _to_words(rows, columns) -> tf.Tensor:
  """Packs `[k, w]` uint8 into `[k, columns]` uint64, with zeros at the end."""
  count, width = tf.unstack(tf.shape(rows))
  missing = columns * PIXELS - width
  rows = tf.cond(
    missing > 0,
    lambda: tf.concat([rows, tf.zeros([count, missing], tf.uint8)], axis=1),
    lambda: rows,
  )
  return tf.bitcast(tf.reshape(rows, [count, columns, PIXELS]), tf.uint64)


def _span(flags) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the span of true flags in each row of `[n, s]` bool.

  Returns:
    `[n]` int32 first position, and last position plus 1; zeros without any.
  """
  first, last = extents.spans(flags)
  last = tf.maximum(last, 0)  # The maximum of nothing is negative.
  return tf.minimum(first, last), last
