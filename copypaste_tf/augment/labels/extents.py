"""Measures the visible area and the tight box of instances."""

import math
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.labels import id_planes

# A row is added up in this many runs of bytes first, which XLA vectorises, and
# the sums then in int32. A byte holds the sum of up to 255 runs.
_RUNS = 16


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


def measure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  *,
  wanted: tf.Tensor | None = None,
  owners: tf.Tensor | None = None,
) -> Extent:
  """Measures each instance of the target within each block of rows.

  Args:
    planes: `[b, l, h, w]` uint8 id planes.
    ids: `[b, n]` int32.
    wanted: `[b, k, n]` or `[b, k, 1]` bool, the instances to measure in each
      block of `id_planes.grid(h)`; all by default.
    owners: `[b, h, w]` uint8, see `TrainScenes`: only pixels that the target
      owns count; all pixels by default.

  Returns:
    The extents within blocks; zeros for id 0 and for instances that are not
    wanted.
  """
  blocks = id_planes.grid(id_planes.shape(planes)[2])
  ids = tf.repeat(ids[:, tf.newaxis], blocks.count, axis=1)
  ids = ids if wanted is None else tf.where(wanted, ids, 0)
  if owners is not None:
    owners = id_planes.split(owners[:, tf.newaxis], blocks.count)
  area, box = _measure_blocks(planes, ids, owners)
  top = (tf.range(blocks.count) * blocks.rows)[:, tf.newaxis, tf.newaxis]
  box += top * tf.constant([1, 0, 1, 0])
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], box, 0))


def join(blocks: Extent) -> Extent:
  """Joins the extents within blocks to those of whole instances.

  Args:
    blocks: `[b, k, n]` areas and `[b, k, n, 4]` boxes, int32, as `measure`
      returns them.

  Returns:
    `[b, n]` areas and `[b, n, 4]` boxes, int32.
  """
  seen = (blocks.area > 0)[..., tf.newaxis]
  low = tf.where(seen, blocks.box[..., :2], tf.int32.max)
  low, high = tf.reduce_min(low, axis=1), tf.reduce_max(blocks.box, axis=1)
  area = tf.reduce_sum(blocks.area, axis=1)
  box = tf.concat([low, high[..., 2:]], axis=-1)
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], box, 0))


def remeasure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  owners: tf.Tensor,
  before: Extent,
  covers: tf.Tensor | None = None,
) -> Extent:
  """Updates extents after the target has lost some pixels.

  Reads only the blocks of rows in which an instance may have lost a pixel.

  Args:
    planes: `[b, l, h, w]` uint8 id planes.
    ids: `[b, n]` int32.
    owners: `[b, h, w]` uint8, see `TrainScenes`.
    before: extents within blocks, as `measure` returns them without `owners`.
    covers: `[b, m, 4]` int32 boxes in pixels that together hold every lost
      pixel; by default it may lie anywhere.

  Returns:
    The extents that `measure` returns with `owners`.
  """
  may_change = (before.area > 0) & (ids > 0)[:, tf.newaxis]
  if covers is not None:
    blocks = id_planes.grid(id_planes.shape(planes)[2])
    covered = id_planes.reach(covers, blocks)
    may_change &= tf.reduce_any(covered, axis=-1, keepdims=True)
    may_change &= _meet(join(before).box, covers)[:, tf.newaxis]
  after = measure(planes, ids, wanted=may_change, owners=owners)
  box = tf.where(may_change[..., tf.newaxis], after.box, before.box)
  return Extent(tf.where(may_change, after.area, before.area), box)


def _meet(boxes, covers) -> tf.Tensor:
  """Marks boxes that share a pixel with one of the covers, `[b, n]` bool."""
  boxes, covers = boxes[:, :, tf.newaxis], covers[:, tf.newaxis]
  begin = tf.maximum(boxes[..., :2], covers[..., :2])
  end = tf.minimum(boxes[..., 2:], covers[..., 2:])
  return tf.reduce_any(tf.reduce_all(begin < end, axis=-1), axis=2)


def _measure_blocks(planes, ids, owners) -> tuple[tf.Tensor, tf.Tensor]:
  """Measures within blocks of rows.

  Args:
    planes: `[b, l, h, w]` uint8.
    ids: `[b, k, n]` int32, the instances to measure in each block.
    owners: `[b * k, h / k, w]` uint8, or None.

  Returns:
    Area, `[b, k, n]` int32, and box in the frame of the block, `[b, k, n, 4]`
    int32; the box is undefined where the area is 0.
  """
  shape = id_planes.shape(ids)

  def measure_instance(measured, mask, block, index):
    if owners is not None:
      mask &= examples.is_owner(tf.gather(owners, block), of_source=False)
    return measured.write(index, _measure_mask(mask))

  measured = id_planes.fold_instances(
    measure_instance,
    id_planes.new_blocks(tf.int32, math.prod(shape), [5]),
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
  height, width = id_planes.shape(mask)
  runs = math.gcd(mask.shape[1] or 1, _RUNS)
  folded = tf.reshape(tf.cast(mask, tf.uint8), [height, runs, width // runs])
  in_row = tf.cast(tf.reduce_sum(folded, axis=1), tf.int32)
  in_row = tf.reduce_sum(in_row, axis=1)
  area = tf.reduce_sum(in_row)
  ymin, ymax = _span(in_row > 0)
  xmin, xmax = _span(tf.reduce_any(mask, axis=0))
  return tf.stack([area, ymin, xmin, ymax, xmax])


def _span(flags) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the first true position of `[s]` bool, and the last plus 1."""
  (size,) = id_planes.shape(flags)
  position = tf.range(size)
  first = tf.reduce_min(tf.where(flags, position, size))
  last = tf.reduce_max(tf.where(flags, position + 1, 0))
  return first, last
