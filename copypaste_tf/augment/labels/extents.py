"""Describes the visible area and the tight box of instances."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import id_planes


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


def of_boxes(boxes: tf.Tensor, ids: tf.Tensor) -> Extent:
  """Returns the extents of instances that have boxes and no pixels.

  Args:
    boxes: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels, clipped to
      the canvas.
    ids: `[b, n]` int32; id 0 has no area.

  Returns:
    The areas of the boxes, rounded, and the pixels that they touch. The area is
    0 where a side is shorter than a pixel.
  """
  sides = boxes[..., 2:] - boxes[..., :2]
  large = (tf.reduce_min(sides, axis=-1) >= 1) & (ids > 0)
  area = tf.cast(tf.round(sides[..., 0] * sides[..., 1]), tf.int32)
  box = tf.concat(
    [tf.floor(boxes[..., :2]), tf.math.ceil(boxes[..., 2:])], axis=-1
  )
  box = tf.where(large[..., tf.newaxis], tf.cast(box, tf.int32), 0)
  return Extent(tf.where(large, area, 0), box)


def spans(flags: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Finds the span of true flags along the last axis.

  Args:
    flags: `[..., s]` bool.

  Returns:
    `[...]` int32 first true position, and last one plus 1; `s` and 0 without
    any.

  >>> first, last = spans(tf.constant([[False, True, True], [False] * 3]))
  >>> first.numpy().tolist(), last.numpy().tolist()
  ([1, 3], [3, 0])
  """
  size = id_planes.shape(flags)[-1]
  position = tf.range(size)
  first = tf.reduce_min(tf.where(flags, position, size), axis=-1)
  last = tf.reduce_max(tf.where(flags, position + 1, 0), axis=-1)
  return first, last
