"""Measures instances block by block."""

import math

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.engines import row_blocks
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.labels.extents import Extent, join, spans

# A row is added up in this many runs of bytes first, which XLA vectorises, and
# the sums then in int32. A byte holds the sum of up to 255 runs.
_RUNS = 16


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
      block of `row_blocks.grid(h)`; all by default.
    owners: `[b, h, w]` uint8, see `TrainScenes`: only pixels that the target
      owns count; all pixels by default.

  Returns:
    The extents within blocks; zeros for id 0 and for instances that are not
    wanted.
  """
  blocks = row_blocks.grid(id_planes.shape(planes)[2])
  ids = tf.repeat(ids[:, tf.newaxis], blocks.count, axis=1)
  ids = ids if wanted is None else tf.where(wanted, ids, 0)
  if owners is not None:
    owners = row_blocks.split(owners[:, tf.newaxis], blocks.count)
  area, box = _measure_blocks(planes, ids, owners)
  top = (tf.range(blocks.count) * blocks.rows)[:, tf.newaxis, tf.newaxis]
  box += top * tf.constant([1, 0, 1, 0])
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], box, 0))


def measure_region(
  planes: tf.Tensor, ids: tf.Tensor, *, size: tf.Tensor | None = None
) -> Extent:
  """Measures instances within a part of the canvas; see `engine.Measure`."""
  if size is None:
    return measure(planes, ids)
  region = tf.pad(size, [[0, 0], [2, 0]])[:, tf.newaxis]
  grid = row_blocks.grid(id_planes.shape(planes)[2])
  return measure(planes, ids, wanted=row_blocks.reach(region, grid))


def remeasure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  owners: tf.Tensor,
  before: Extent,
  covers: tf.Tensor | None = None,
) -> Extent:
  """Measures what the target still owns; see `engine.Remeasure`.

  Reads only the blocks of rows in which an instance may have lost a pixel.
  """
  present = (ids > 0)[:, tf.newaxis]
  may_change = (before.area > 0) & present
  if covers is not None:
    blocks = row_blocks.grid(id_planes.shape(planes)[2])
    covered = row_blocks.reach(covers, blocks)
    may_change &= tf.reduce_any(covered, axis=-1, keepdims=True)
    may_change &= _meet(join(before).box, covers)[:, tf.newaxis]
  after = measure(planes, ids, wanted=may_change, owners=owners)
  stays = present & ~may_change
  box = tf.where(stays[..., tf.newaxis], before.box, after.box)
  return Extent(tf.where(stays, before.area, after.area), box)


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

  measured = row_blocks.fold_instances(
    measure_instance,
    row_blocks.new_blocks(tf.int32, math.prod(shape), [5]),
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
  ymin, ymax = spans(in_row > 0)
  xmin, xmax = spans(tf.reduce_any(mask, axis=0))
  return tf.stack([area, ymin, xmin, ymax, xmax])
