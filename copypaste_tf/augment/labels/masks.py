"""Masks of instances, read from id planes."""

import tensorflow as tf

from copypaste_tf.augment.labels import planes as planes_lib
from copypaste_tf.examples import TrainScenes

# Rows of a block in which an object is looked for: the fewer, the closer they
# come to its box, and the more rounds a loop makes.
_ROWS = 32


def select(
  planes: tf.Tensor,
  ids: tf.Tensor,
  chosen: tf.Tensor,
  boxes: tf.Tensor,
  owners: tf.Tensor | None = None,
) -> tf.Tensor:
  """Returns the union of the chosen instances' masks.

  Args:
    planes: `[b, l, h, w]` uint8.
    ids: `[b, n]` int32.
    chosen: `[b, n]` bool.
    boxes: `[b, n, 4]` int32 that hold all pixels of the instances; nothing is
      read elsewhere.
    owners: `[b]` int32, in whose planes the i-th instances are; their own by
      default.

  Returns:
    `[b, h, w]` bool.
  """

  def add(union, here, block, index):
    del index
    return union.write(block, union.read(block) | here)

  _, _, height, width = planes_lib.shape(planes)
  batch, _ = planes_lib.shape(ids)
  grid = planes_lib.grid(height, _ROWS)
  ids = tf.where(chosen, ids, 0)[:, tf.newaxis]
  union = planes_lib.fold_instances(
    add,
    planes_lib.new_blocks(tf.bool, batch * grid.count, [grid.rows, width]),
    planes,
    tf.where(planes_lib.reach(boxes, grid), ids, 0),
    owners=owners,
  )
  return tf.reshape(union.stack(), [batch, height, width])


def instance_masks(scenes: TrainScenes) -> tf.Tensor:
  """Returns the masks of training scenes, `[b, n, H, W]` bool.

  One byte per pixel and instance: for drawing and tests, not for training.
  """
  plane, value = planes_lib.address(scenes.ids)
  of_plane = tf.gather(scenes.planes, plane, batch_dims=1)
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
  _, _, height, width = planes_lib.shape(scenes.planes)
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
    planes: `[b, l, h, w]` uint8, see `TrainScenes`, as the next.
    alpha: `[b, h, w]` bool.
    ids: `[b, n]` int32, whose masks.
    pasted: `[b, n]` bool, on which side of alpha they are.
    rows: `[b, n, r]` int32 in [0, h).
    columns: `[b, n, c]` int32 in [0, w).

  Returns:
    `[b, n, r, c]` bool; false for id 0.
  """
  _, _, height, width = planes_lib.shape(planes)
  pixels = rows[..., tf.newaxis] * width + columns[:, :, tf.newaxis]
  plane, value = planes_lib.address(ids)
  found = _pick(planes, _per_pixel(plane) * (height * width) + pixels)
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
