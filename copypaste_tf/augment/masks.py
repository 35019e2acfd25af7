"""Masks of instances, read from id planes."""

import tensorflow as tf

from copypaste_tf.augment import planes as planes_lib
from copypaste_tf.examples import IDS_PER_PLANE, TrainScenes

# Ids whose membership is tested at once, by the bits of an int32.
_GROUP = 32


def select(
  planes: tf.Tensor,
  ids: tf.Tensor,
  chosen: tf.Tensor,
  boxes: tf.Tensor,
  owners: tf.Tensor | None = None,
) -> tf.Tensor:
  """Returns the union of the chosen instances' masks.

  Args:
    planes: `[b, h, w, l]` uint8.
    ids: `[b, n]` int32.
    chosen: `[b, n]` bool.
    boxes: `[b, n, 4]` int32 that hold all pixels of the instances; nothing is
      read elsewhere.
    owners: `[b]` int32, in whose planes the i-th instances are; their own by
      default.

  Returns:
    `[b, h, w]` bool.
  """

  def add_group(union, places, row, group):
    here = tf.bitwise.bitwise_and(places, -_GROUP) == 0
    place = tf.bitwise.bitwise_and(places, _GROUP - 1)
    bits = tf.gather(tf.gather(marks, row), group)
    bits = tf.bitwise.right_shift(bits, place)
    hit = here & (tf.bitwise.bitwise_and(bits, 1) > 0)
    return union.write(row, union.read(row) | hit)

  *canvas, num_planes = planes_lib.shape(planes)
  grid = planes_lib.grid(canvas[1])
  ids = tf.where(chosen, ids, 0)[:, tf.newaxis]
  ids = tf.where(planes_lib.reach(boxes, grid), ids, 0)
  ids = tf.reshape(ids, [-1, planes_lib.shape(boxes)[1]])
  marks = _marks(ids, num_planes * IDS_PER_PLANE // _GROUP)
  if owners is not None:
    owners = owners[:, tf.newaxis] * grid.count + tf.range(grid.count)
    owners = tf.reshape(owners, [-1])
  union = planes_lib.fold_groups(
    add_group,
    planes_lib.new_blocks(
      tf.bool, planes_lib.shape(ids)[0], [grid.rows, canvas[2]]
    ),
    planes_lib.split(planes, grid),
    ids,
    size=_GROUP,
    owners=owners,
  )
  return tf.reshape(union.stack(), canvas)


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
  bins = tf.range(size)
  rows = bin_pixels(scenes.boxes[..., 0::2], bins, size=size, limit=height)
  columns = bin_pixels(scenes.boxes[..., 1::2], bins, size=size, limit=width)
  crops = read(
    scenes.planes, scenes.alpha, scenes.ids, scenes.pasted, rows, columns
  )
  return tf.cast(crops, tf.float32)


def bin_pixels(
  spans: tf.Tensor, bins: tf.Tensor, *, size: int, limit: int
) -> tf.Tensor:
  """Returns the pixels in which the centres of bins of a span fall.

  In float64 with a margin far below a bin, so that a centre that falls on the
  border of two pixels goes to the same one under every compiler.

  Args:
    spans: `[b, n, 2]` float32, first and last coordinate in pixels.
    bins: `[s]` or `[b, n, s]` int32 in [0, size), which of the bins.
    size: the number of equal bins of a span.
    limit: the number of pixels.

  Returns:
    `[b, n, s]` int32 in [0, limit).
  """
  low, high = tf.split(tf.cast(spans, tf.float64), 2, axis=-1)
  centres = (tf.cast(bins, tf.float64) + 0.5) / size
  pixels = tf.floor(low + centres * (high - low) + 1e-6)
  return tf.clip_by_value(tf.cast(pixels, tf.int32), 0, limit - 1)


def read(
  planes: tf.Tensor,
  alpha: tf.Tensor,
  ids: tf.Tensor,
  pasted: tf.Tensor,
  rows: tf.Tensor,
  columns: tf.Tensor,
) -> tf.Tensor:
  """Reads masks on a grid of pixels of their own.

  Args:
    planes: `[b, h, w, l]` uint8, see `TrainScenes`, as the next.
    alpha: `[b, h, w]` bool.
    ids: `[b, n]` int32, whose masks.
    pasted: `[b, n]` bool, on which side of alpha they are.
    rows: `[b, n, r]` int32 in [0, h).
    columns: `[b, n, c]` int32 in [0, w).

  Returns:
    `[b, n, r, c]` bool; false for id 0.
  """
  _, _, width, num_planes = planes_lib.shape(planes)
  pixels = rows[..., tf.newaxis] * width + columns[:, :, tf.newaxis]
  plane, value = planes_lib.address(ids)
  found = _pick(planes, pixels * num_planes + _per_pixel(plane))
  inside = tf.cast(found, tf.int32) == _per_pixel(value)
  inside &= _pick(alpha, pixels) == _per_pixel(pasted)
  return inside & _per_pixel(ids > 0)


def _per_pixel(values) -> tf.Tensor:
  """Adds two axes to `[b, n]`, to be compared with masks."""
  return values[..., tf.newaxis, tf.newaxis]


def _pick(images, index) -> tf.Tensor:
  """Reads `[b, ...]` images at flat positions."""
  flat = tf.reshape(images, [planes_lib.shape(images)[0], -1])
  return tf.gather(flat, index, batch_dims=1)


def _marks(ids, count) -> tf.Tensor:
  """Returns `[b, count]` int32, a bit for each id of each group."""
  group, place = planes_lib.groups_of(ids, _GROUP)
  bit = tf.bitwise.left_shift(1, tf.where(ids > 0, place, 0))
  mine = (ids > 0)[..., tf.newaxis] & (
    group[..., tf.newaxis] == tf.range(count)
  )
  return tf.reduce_sum(tf.where(mine, bit[..., tf.newaxis], 0), axis=1)
