"""Cuts a mask to the words of its rows that hold a pixel.

Eight pixels of a row are one number of 64 bits, a word.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import extents

PIXELS = 8  # of a word


class Strip(NamedTuple):
  """A mask within the rows and columns of words that hold its pixels.

  Attributes:
    words: `[r, c]` uint64; a byte is 1 inside.
    span: int32 scalars, first row and column of words, and last ones plus 1;
      all of the canvas for a mask without pixels.
    edges: `[2, 8]` uint8, which pixels of the first and of the last column of
      words lie in the mask, 1 or 0.
  """

  words: tf.Tensor
  span: tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  edges: tf.Tensor


def cut(mask: tf.Tensor) -> Strip:
  """Cuts a mask.

  Args:
    mask: `[h, w]` bool or uint8, nonzero inside.

  Returns:
    The strip of the mask.
  """
  any_of = tf.reduce_any if mask.dtype.is_bool else tf.reduce_max
  top, bottom = _span(any_of(mask, axis=1))
  # Whole rows are a view of the mask, no copy.
  words = _to_words(tf.cast(mask[top:bottom], tf.bool))
  left, right = _span(tf.reduce_max(words, axis=0))
  ends = tf.gather(words, tf.stack([left, right - 1]), axis=1)
  edges = tf.reduce_max(tf.bitcast(ends, tf.uint8), axis=0)
  return Strip(words[:, left:right], (top, left, bottom, right), edges)


def boxes(spans: tf.Tensor, edges: tf.Tensor) -> tf.Tensor:
  """Returns the tight boxes of masks from the spans and edges of their strips.

  Args:
    spans: `[n, 4]` int32, see `Strip`.
    edges: `[n, 2, 8]` uint8, see `Strip`.

  Returns:
    `[n, 4]` int32 `(ymin, xmin, ymax, xmax)` in pixels with exclusive ends;
    zeros for masks without pixels.
  """
  top, left, bottom, right = tf.unstack(spans, axis=1)
  before, _ = extents.spans(edges[:, 0] > 0)
  _, after = extents.spans(edges[:, 1] > 0)
  left, right = left * PIXELS + before, (right - 1) * PIXELS + after
  box = tf.stack([top, left, bottom, right], axis=1)
  return tf.where(after[:, tf.newaxis] > 0, box, 0)


def num_words(pixels: tf.Tensor) -> tf.Tensor:
  """Returns the number of words that hold a number of pixels.

  Args:
    pixels: integers of any shape.

  >>> num_words(tf.constant([0, 1, 8, 9])).numpy().tolist()
  [0, 1, 1, 2]
  """
  return (pixels + PIXELS - 1) // PIXELS


def _to_words(rows) -> tf.Tensor:
  """Packs `[r, w]` bool into `[r, w / 8]` uint64, rounded up."""
  pixels = tf.cast(rows, tf.uint8)
  count, width = tf.unstack(tf.shape(rows))
  columns = num_words(width)
  missing = columns * PIXELS - width
  pixels = tf.cond(
    missing > 0,
    lambda: tf.concat([pixels, tf.zeros([count, missing], tf.uint8)], axis=1),
    lambda: pixels,
  )
  return tf.bitcast(tf.reshape(pixels, [count, columns, PIXELS]), tf.uint64)


def _span(values) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the span of the nonzero values of `[s]` numbers or flags.

  Returns:
    int32 first position, and last position plus 1; 0 and `s` without any.
  """
  flags = tf.cast(values, tf.bool)
  first = tf.argmax(flags, output_type=tf.int32)
  after = tf.argmax(tf.reverse(flags, [0]), output_type=tf.int32)
  return first, tf.size(flags) - after
