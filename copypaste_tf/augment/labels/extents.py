"""How much of each instance is to be seen, and where."""

import math
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import planes as planes_lib

# Parts of a row that are added up in bytes, which XLA does for many pixels at
# once, before the rest is, in integers, one by one. No byte overflows.
_RUNS = 16


class Extent(NamedTuple):
  """Size and place of the instances of a batch, or of their parts in blocks.

  Attributes:
    area: `[b, n]` int32, pixels; of parts `[b, k, n]`.
    box: `[b, n, 4]` int32, the tightest box around them, `(ymin, xmin, ymax,
      xmax)` with exclusive ends; zeros where the area is 0; of parts `[b, k, n,
      4]`, on the canvas.
  """

  area: tf.Tensor
  box: tf.Tensor


def measure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  *,
  wanted: tf.Tensor | None = None,
  hidden: tf.Tensor | None = None,
) -> Extent:
  """Measures the pixels of each instance in each block of rows.

  Args:
    planes: `[b, l, h, w]` uint8.
    ids: `[b, n]` int32.
    wanted: `[b, k, n]` or `[b, k, 1]` bool, what to measure in which block of
      `planes.grid(h)`; all by default.
    hidden: `[b, h, w]` bool, pixels that do not count; None means none.

  Returns:
    The parts; zeros for id 0 and where nothing is wanted.
  """
  blocks = planes_lib.grid(planes_lib.shape(planes)[2])
  ids = tf.repeat(ids[:, tf.newaxis], blocks.count, axis=1)
  ids = ids if wanted is None else tf.where(wanted, ids, 0)
  if hidden is not None:
    hidden = planes_lib.split(hidden[:, tf.newaxis], blocks.count)
  area, box = _measure_blocks(planes, ids, hidden)
  top = (tf.range(blocks.count) * blocks.rows)[:, tf.newaxis, tf.newaxis]
  box += top * tf.constant([1, 0, 1, 0])
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], box, 0))


def join(parts: Extent) -> Extent:
  """Returns the whole instances, `[b, n]`, of their parts, `[b, k, n]`."""
  seen = (parts.area > 0)[..., tf.newaxis]
  low = tf.where(seen, parts.box[..., :2], tf.int32.max)
  low, high = tf.reduce_min(low, axis=1), tf.reduce_max(parts.box, axis=1)
  area = tf.reduce_sum(parts.area, axis=1)
  box = tf.concat([low, high[..., 2:]], axis=-1)
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], box, 0))


def remeasure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  hidden: tf.Tensor,
  before: Extent,
  covers: tf.Tensor | None = None,
) -> Extent:
  """Measures again what was measured before some pixels were hidden.

  Reads only the blocks of rows in which an object may have lost a pixel.

  Args:
    planes: see `measure`, as the next two.
    ids: `[b, n]` int32.
    hidden: `[b, h, w]` bool.
    before: what `measure` returned without `hidden`.
    covers: `[b, m, 4]` int32, boxes that together hold all that is hidden; by
      default it may be anywhere.

  Returns:
    What `measure` returns with `hidden`.
  """
  near = (before.area > 0) & (ids > 0)[:, tf.newaxis]
  if covers is not None:
    blocks = planes_lib.grid(planes_lib.shape(planes)[2])
    covered = planes_lib.reach(covers, blocks)
    near &= tf.reduce_any(covered, axis=-1, keepdims=True)
    near &= _meet(join(before).box, covers)[:, tf.newaxis]
  found = measure(planes, ids, wanted=near, hidden=hidden)
  box = tf.where(near[..., tf.newaxis], found.box, before.box)
  return Extent(tf.where(near, found.area, before.area), box)


def _meet(boxes, covers) -> tf.Tensor:
  """Marks boxes that share a pixel with one of the others, `[b, n]` bool."""
  boxes, covers = boxes[:, :, tf.newaxis], covers[:, tf.newaxis]
  begin = tf.maximum(boxes[..., :2], covers[..., :2])
  end = tf.minimum(boxes[..., 2:], covers[..., 2:])
  return tf.reduce_any(tf.reduce_all(begin < end, axis=-1), axis=2)


def _measure_blocks(planes, ids, hidden) -> tuple[tf.Tensor, tf.Tensor]:
  """Measures within blocks of rows.

  Args:
    planes: `[b, l, h, w]` uint8.
    ids: `[b, k, n]` int32, what to measure in each block.
    hidden: `[b * k, h / k, w]` bool, or None.

  Returns:
    Area, `[b, k, n]`, and box in the frame of the block, `[b, k, n, 4]`; of
    what has no pixel there, it is no box.
  """
  shape = planes_lib.shape(ids)

  def measure_instance(measured, here, block, index):
    if hidden is not None:
      here &= ~tf.gather(hidden, block)
    return measured.write(index, _measure_mask(here))

  measured = planes_lib.fold_instances(
    measure_instance,
    planes_lib.new_blocks(tf.int32, math.prod(shape), [5]),
    planes,
    ids,
  )
  measured = tf.reshape(measured.stack(), [*shape, 5])
  return measured[..., 0], measured[..., 1:]


def _measure_mask(mask) -> tf.Tensor:
  """Measures `[h, w]` bool.

  Returns:
    `[5]` int32: area, ymin, xmin, ymax, xmax, ends exclusive.
  """
  height, width = planes_lib.shape(mask)
  runs = math.gcd(mask.shape[1] or 1, _RUNS)
  folded = tf.reshape(tf.cast(mask, tf.uint8), [height, runs, width // runs])
  in_row = tf.cast(tf.reduce_sum(folded, axis=1), tf.int32)
  in_row = tf.reduce_sum(in_row, axis=1)
  area = tf.reduce_sum(in_row)
  ymin, ymax = _span(in_row > 0)
  xmin, xmax = _span(tf.reduce_any(mask, axis=0))
  return tf.stack([area, ymin, xmin, ymax, xmax])


def _span(flags) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the first position of `[s]` bool that is true, and the last + 1."""
  (size,) = planes_lib.shape(flags)
  position = tf.range(size)
  first = tf.reduce_min(tf.where(flags, position, size))
  last = tf.reduce_max(tf.where(flags, position + 1, 0))
  return first, last
