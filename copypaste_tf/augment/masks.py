"""Masks of instances, read from id planes."""

import tensorflow as tf

from copypaste_tf.augment import planes as planes_lib
from copypaste_tf.examples import IDS_PER_PLANE, TrainScenes


def select(planes: tf.Tensor, ids: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
  """Returns the union of the chosen instances' masks.

  Args:
    planes: `[b, h, w, l]` uint8.
    ids: `[b, n]` int32.
    chosen: `[b, n]` bool.

  Returns:
    `[b, h, w]` bool.
  """

  def add_plane(union, plane, index):
    return union | tf.gather(table[:, index], plane, batch_dims=1)

  batch, height, width, num_planes = planes_lib.shape(planes)
  table = _table(ids, chosen & (ids > 0), num_planes)
  union = tf.zeros([batch, height, width], tf.bool)
  return planes_lib.fold(add_plane, union, planes, ids)


def instance_masks(scenes: TrainScenes) -> tf.Tensor:
  """Returns the masks of training scenes, `[b, n, H, W]` bool.

  One byte per pixel and instance: for drawing and tests, not for training.
  """
  plane, value = planes_lib.address(scenes.ids)
  of_plane = tf.gather(
    tf.transpose(scenes.planes, [0, 3, 1, 2]), plane, batch_dims=1
  )
  masks = tf.cast(of_plane, tf.int32) == _per_pixel(value)
  masks &= _per_pixel(scenes.ids > 0)
  return masks & (scenes.alpha[:, tf.newaxis] == _per_pixel(scenes.pasted))


def crop_masks(scenes: TrainScenes, size: int = 112) -> tf.Tensor:
  """Crops the mask of each instance to its box, at the nearest pixels.

  Args:
    scenes: a batch of training scenes.
    size: height and width of the crops; 112 in the published code.

  Returns:
    `[b, n, size, size]` float32 in {0, 1}; zeros for padding.
  """
  _, height, width, _ = planes_lib.shape(scenes.planes)
  rows = _crop_coordinates(scenes.boxes, 0, height, size)[..., tf.newaxis]
  columns = _crop_coordinates(scenes.boxes, 1, width, size)[:, :, tf.newaxis]
  plane, value = planes_lib.address(scenes.ids)
  pixels = rows * width + columns
  found = _pick(
    scenes.planes, pixels * scenes.planes.shape[3] + _per_pixel(plane)
  )
  mask = tf.cast(found, tf.int32) == _per_pixel(value)
  mask &= _pick(scenes.alpha, pixels) == _per_pixel(scenes.pasted)
  return tf.cast(mask & _per_pixel(scenes.ids > 0), tf.float32)


def _per_pixel(values) -> tf.Tensor:
  """Adds two axes to `[b, n]`, to be compared with masks."""
  return values[..., tf.newaxis, tf.newaxis]


def _pick(images, index) -> tf.Tensor:
  """Reads `[b, ...]` images at flat positions."""
  flat = tf.reshape(images, [planes_lib.shape(images)[0], -1])
  return tf.gather(flat, index, batch_dims=1)


def _table(ids, marks, num_planes) -> tf.Tensor:
  """Returns `[b, l, 256]` bool, true at the addresses of marked ids."""
  batch = planes_lib.shape(ids)[0]
  size = num_planes * IDS_PER_PLANE
  keys = ids + size * tf.range(batch)[:, tf.newaxis]
  marks = tf.cast(marks, tf.int32)
  table = tf.math.unsorted_segment_max(marks, keys, batch * size)
  return tf.reshape(table > 0, [batch, num_planes, IDS_PER_PLANE])


def _crop_coordinates(boxes, axis, limit, size) -> tf.Tensor:
  """Returns the pixels at the centres of `size` bins of each box, `[b, n, s]`.

  In float64 with a margin far below a bin, so that a centre that falls on the
  border of two pixels goes to the same one under every compiler.
  """
  low = tf.cast(boxes[..., axis, tf.newaxis], tf.float64)
  high = tf.cast(boxes[..., axis + 2, tf.newaxis], tf.float64)
  centres = (tf.range(size, dtype=tf.float64) + 0.5) / size
  pixels = tf.floor(low + centres * (high - low) + 1e-6)
  return tf.clip_by_value(tf.cast(pixels, tf.int32), 0, limit - 1)
