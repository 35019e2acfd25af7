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
  """Size and place of the instances of a batch.

  Attributes:
    area: `[b, n]` int32, pixels.
    box: `[b, n, 4]` int32, the tightest box around them, `(ymin, xmin, ymax,
      xmax)` with exclusive ends; zeros where the area is 0.
  """

  area: tf.Tensor
  box: tf.Tensor


def remeasure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  hidden: tf.Tensor,
  before: Extent,
  covers: tf.Tensor | None = None,
) -> Extent:
  """Measures again what was measured before some pixels were hidden.

  Reads only the rows of objects that may have lost a pixel.

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
  near = ids > 0 if covers is None else _near(before.box, covers)
  found = measure_within(planes, tf.where(near, ids, 0), before.box, hidden)
  box = tf.where(near[..., tf.newaxis], found.box, before.box)
  return Extent(tf.where(near, found.area, before.area), box)


def measure_within(
  planes: tf.Tensor,
  ids: tf.Tensor,
  boxes: tf.Tensor,
  hidden: tf.Tensor | None = None,
) -> Extent:
  """Returns what `measure` does, and reads only the rows of the boxes.

  Args:
    planes: see `measure`, as the others.
    ids: `[b, n]` int32.
    boxes: `[b, n, 4]` int32 that hold all pixels of the instances.
    hidden: `[b, h, w]` bool.
  """
  height = planes_lib.shape(planes)[1]
  rows = planes_lib.block_rows(height)
  tops = tf.range(0, height, rows)
  measured = measure(
    planes_lib.split_rows(planes, rows),
    planes_lib.ids_of_blocks(ids, boxes, tops, rows),
    None if hidden is None else planes_lib.split_rows(hidden, rows),
  )
  return _join(measured, tops)


def _near(boxes, covers) -> tf.Tensor:
  """Marks boxes that share a pixel with one of the others, `[b, n]` bool."""
  boxes, covers = boxes[:, :, tf.newaxis], covers[:, tf.newaxis]
  begin = tf.maximum(boxes[..., :2], covers[..., :2])
  end = tf.minimum(boxes[..., 2:], covers[..., 2:])
  return tf.reduce_any(tf.reduce_all(begin < end, axis=-1), axis=2)


def _join(blocks: Extent, tops) -> Extent:
  """Joins what the blocks of rows of each image hold."""
  count, instances = planes_lib.shape(tops)[0], planes_lib.shape(blocks.area)[1]
  area = tf.reshape(blocks.area, [-1, count, instances])
  box = tf.reshape(blocks.box, [-1, count, instances, 4])
  box += tops[:, tf.newaxis, tf.newaxis] * tf.constant([1, 0, 1, 0])
  seen = (area > 0)[..., tf.newaxis]
  low = tf.reduce_min(tf.where(seen, box[..., :2], tf.int32.max), axis=1)
  high = tf.reduce_max(tf.where(seen, box[..., 2:], 0), axis=1)
  area = tf.reduce_sum(area, axis=1)
  joined = tf.concat([low, high], axis=-1)
  return Extent(area, tf.where((area > 0)[..., tf.newaxis], joined, 0))


def measure(
  planes: tf.Tensor, ids: tf.Tensor, hidden: tf.Tensor | None = None
) -> Extent:
  """Measures the pixels of each instance.

  Args:
    planes: `[b, h, w, l]` uint8.
    ids: `[b, n]` int32.
    hidden: `[b, h, w]` bool, pixels that do not count; None means none.

  Returns:
    An `Extent`, in pixels of the planes' grid; zeros for id 0.
  """
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
  return Extent(measured[..., 0], measured[..., 1:])


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
