"""Describes the visible area and the tight box of instances."""

from typing import NamedTuple

import tensorflow as tf


class Extent(NamedTuple):
  """Area and tight box of instances, as a whole or within blocks of rows.

  Attributes:
    area: `[b, n]` int32 in pixels; `[b, k, n]` within `k` blocks.
    box: `[b, n, 4]` int32, `(ymin, xmin, ymax, xmax)` in pixels of the canvas
      with exclusive ends; zeros where the area is 0; `[b, k, n, 4]` within `k`
      blocks.
  """

  area: tf.Tensor
  box: tf.Tensor


def join(blocks: Extent) -> Extent:
  """Joins the extents within blocks to those of whole instances.

  Args:
    blocks: `[b, k, n]` areas and `[b, k, n, 4]` boxes, int32, as an engine
      measures them.

  Returns:
    `[b, n]` areas and `[b, n, 4]` boxes, int32.
  """
  seen = (blocks.area > 0)[..., tf.newaxis]
  low = tf.where(seen, blocks.box[..., :2], tf.int32.max)
  low, high = tf.reduce_min(low, axis=1), tf.reduce_max(blocks.box, axis=1)
  area = tf.reduce_sum(blocks.area, axis=1)
  box = tf.concat([low, high[..., 2:]], axis=-1)
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], box, 0))
