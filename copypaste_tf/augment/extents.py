"""How much of each instance is to be seen, and where."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import planes as planes_lib
from copypaste_tf.examples import IDS_PER_PLANE


class Extent(NamedTuple):
  """Size and place of the instances of a batch.

  Attributes:
    area: `[b, n]` int32, pixels.
    box: `[b, n, 4]` int32, the tightest box around them, `(ymin, xmin, ymax,
      xmax)` with exclusive ends; zeros where the area is 0.
  """

  area: tf.Tensor
  box: tf.Tensor


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

  def measure_plane(table, plane, index):
    if hidden is not None:
      plane = tf.where(hidden, 0, plane)
    here = (tf.range(num_planes) == index)[:, tf.newaxis, tf.newaxis]
    return tf.where(here, _measure_values(plane)[:, tf.newaxis], table)

  batch, _, _, num_planes = planes_lib.shape(planes)
  table = tf.zeros([batch, num_planes, IDS_PER_PLANE, 5], tf.int32)
  table = planes_lib.fold(measure_plane, table, planes, ids)
  table = tf.reshape(table, [batch, num_planes * IDS_PER_PLANE, 5])
  measured = tf.gather(table, ids, batch_dims=1)
  measured = tf.where((ids > 0)[..., tf.newaxis], measured, 0)
  return Extent(measured[..., 0], measured[..., 1:])


def _measure_values(values) -> tf.Tensor:
  """Measures each value of `[b, h, w]` ints in [0, 256).

  Returns:
    `[b, 256, 5]` int32: area, ymin, xmin, ymax, xmax, ends exclusive; zeros
    where a value does not occur.
  """
  batch, height, width = planes_lib.shape(values)
  in_row = _histogram(tf.reshape(values, [batch * height, width]))
  in_row = tf.reshape(in_row, [batch, height, IDS_PER_PLANE])
  row = tf.range(height)[:, tf.newaxis]
  ymin = tf.reduce_min(tf.where(in_row > 0, row, height), axis=1)
  ymax = tf.reduce_max(tf.where(in_row > 0, row + 1, 0), axis=1)
  xmin, xmax = _column_range(values)
  area = tf.reduce_sum(in_row, axis=1)
  measured = tf.stack([area, ymin, xmin, ymax, xmax], axis=-1)
  return tf.where(area[..., tf.newaxis] > 0, measured, 0)


def _histogram(values) -> tf.Tensor:
  """Counts each value of every row of `[r, w]` ints, `[r, 256]` int32."""
  num_rows = planes_lib.shape(values)[0]
  keys = values + IDS_PER_PLANE * tf.range(num_rows)[:, tf.newaxis]
  counts = tf.math.unsorted_segment_sum(
    tf.ones_like(keys), keys, num_rows * IDS_PER_PLANE
  )
  return tf.reshape(counts, [num_rows, IDS_PER_PLANE])


def _column_range(values) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns first column and last column plus one of each value, `[b, 256]`."""
  batch, _, width = planes_lib.shape(values)
  image = tf.range(batch)[:, tf.newaxis, tf.newaxis]
  keys = values + IDS_PER_PLANE * image
  column = tf.broadcast_to(tf.range(width), tf.shape(keys))
  size = batch * IDS_PER_PLANE
  first = tf.math.unsorted_segment_min(column, keys, size)
  last = tf.math.unsorted_segment_max(column, keys, size)
  shape = [batch, IDS_PER_PLANE]
  # Values that do not occur hold int32's limits, which must not overflow.
  return (
    tf.reshape(tf.minimum(first, width), shape),
    tf.reshape(tf.maximum(last, -1) + 1, shape),
  )
