"""How much of each instance is to be seen, and where."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import planes as planes_lib
from copypaste_tf.examples import IDS_PER_PLANE

# Four ids are counted at once, in the bytes of an int32.
_GROUP = 4
_BYTE_BITS = 8
# Pixels that are added up before a byte could overflow.
_RUN = 64


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
    planes: `[b, h, w, l]` uint8.
    ids: `[b, n]` int32.
    wanted: `[b, k, n]` or `[b, k, 1]` bool, what to measure in which block of
      `planes.grid(h)`; all by default.
    hidden: `[b, h, w]` bool, pixels that do not count; None means none.

  Returns:
    The parts; zeros for id 0 and where nothing is wanted.
  """
  blocks = planes_lib.grid(planes_lib.shape(planes)[1])
  batch, instances = planes_lib.shape(ids)
  ids = tf.repeat(ids[:, tf.newaxis], blocks.count, axis=1)
  ids = ids if wanted is None else tf.where(wanted, ids, 0)
  ids = tf.reshape(ids, [-1, instances])
  planes, hidden = (
    None if x is None else planes_lib.split(x, blocks) for x in (planes, hidden)
  )
  area, box = _measure_images(planes, ids, hidden)
  area = tf.reshape(area, [batch, blocks.count, instances])
  box = tf.reshape(box, [batch, blocks.count, instances, 4])
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
    blocks = planes_lib.grid(planes_lib.shape(planes)[1])
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


def _measure_images(planes, ids, hidden) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns area, `[b, n]`, and box, `[b, n, 4]`, of instances of images."""
  batch, _, _, num_planes = planes_lib.shape(planes)
  count = num_planes * IDS_PER_PLANE // _GROUP

  def measure_group(table, places, image, group):
    if hidden is not None:
      places = tf.where(tf.gather(hidden, image), -1, places)
    row = [[image * count + group]]
    measured = _measure_places(places)[tf.newaxis]
    return tf.tensor_scatter_nd_update(table, row, measured)

  table = tf.zeros([batch * count, _GROUP, 5], tf.int32)
  table = planes_lib.fold_groups(measure_group, table, planes, ids, size=_GROUP)
  table = tf.reshape(table, [batch, count * _GROUP, 5])
  measured = tf.gather(table, tf.maximum(ids - 1, 0), batch_dims=1)
  measured = tf.where((ids > 0)[..., tf.newaxis], measured, 0)
  return measured[..., 0], measured[..., 1:]


def _measure_places(places) -> tf.Tensor:
  """Measures the instances of a group.

  Args:
    places: `[h, w]` int32; pixels out of [0, 4) belong to none.

  Returns:
    `[4, 5]` int32: area, ymin, xmin, ymax, xmax, ends exclusive; zeros where
    there is no pixel.
  """
  here = tf.bitwise.bitwise_and(places, -_GROUP) == 0
  shift = _BYTE_BITS * tf.bitwise.bitwise_and(places, _GROUP - 1)
  ones = tf.where(here, tf.bitwise.left_shift(1, shift), 0)
  in_row, in_column = _count(ones, axis=1), _count(ones, axis=0)
  area = tf.reduce_sum(in_row, axis=1)
  (ymin, ymax), (xmin, xmax) = _span(in_row), _span(in_column)
  measured = tf.stack([area, ymin, xmin, ymax, xmax], axis=-1)
  return tf.where(area[:, tf.newaxis] > 0, measured, 0)


def _count(ones, axis) -> tf.Tensor:
  """Adds up `[h, w]` int32 of four bytes along an axis, `[4, w or h]`."""
  shape = tf.unstack(tf.shape(ones))
  size = ones.shape[axis] or shape[axis]
  runs = -(-size // _RUN)
  padding = [[0, 0], [0, 0]]
  padding[axis][1] = runs * _RUN - size
  shape[axis : axis + 1] = [runs, _RUN]
  sums = tf.reduce_sum(tf.reshape(tf.pad(ones, padding), shape), axis=axis + 1)
  shifts = _BYTE_BITS * tf.range(_GROUP)[:, tf.newaxis, tf.newaxis]
  counts = tf.bitwise.right_shift(sums, shifts)
  counts = tf.bitwise.bitwise_and(counts, (1 << _BYTE_BITS) - 1)
  return tf.reduce_sum(counts, axis=axis + 1)


def _span(counts) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the first position that is not 0 of each row, and the last + 1."""
  size = planes_lib.shape(counts)[1]
  position = tf.range(size)
  first = tf.reduce_min(tf.where(counts > 0, position, size), axis=1)
  last = tf.reduce_max(tf.where(counts > 0, position + 1, 0), axis=1)
  return first, last
