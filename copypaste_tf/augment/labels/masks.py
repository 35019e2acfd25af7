"""Reads the masks of instances from id planes."""

import math

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.examples import TrainScenes


def target_owners(shape: list[int | tf.Tensor]) -> tf.Tensor:
  """Makes the target own every pixel.

  Args:
    shape: sizes of the result, such as `b, h, w`.

  Returns:
    `[b, h, w]` uint8, `TARGET` everywhere.
  """
  return tf.fill(shape, tf.constant(examples.TARGET, tf.uint8))


def instance_masks(scenes: TrainScenes) -> tf.Tensor:
  """Returns the masks of training scenes at full size.

  Takes one byte per pixel and instance: for drawing and for models that want
  few instances, not for Mask R-CNN.

  Args:
    scenes: `b` training scenes of `n` instances on a canvas of `h` x `w`.

  Returns:
    `[b, n, h, w]` bool; false for padding.
  """
  plane, _ = examples.address(scenes.ids)
  return examples.in_mask(
    tf.gather(scenes.planes, plane, batch_dims=1),
    _per_pixel(scenes.ids),
    scenes.owners[:, tf.newaxis],
    _per_pixel(scenes.pasted),
  )


def crop_masks(scenes: TrainScenes, size: int = 112) -> tf.Tensor:
  """Crops the mask of each instance to its box, at the nearest pixels.

  Args:
    scenes: `b` training scenes of `n` instances.
    size: height and width of the crops; 112 in the published code.

  Returns:
    `[b, n, size, size]` float32 in {0, 1}; zeros for padding.
  """
  _, _, height, width = id_planes.shape(scenes.planes)
  bins = tf.range(size)
  rows = bin_pixels(scenes.boxes[..., 0::2], bins, size=size, limit=height)
  columns = bin_pixels(scenes.boxes[..., 1::2], bins, size=size, limit=width)
  crops = read(
    scenes.planes, scenes.owners, scenes.ids, scenes.pasted, rows, columns
  )
  return tf.cast(crops, tf.float32)


def bin_pixels(
  spans: tf.Tensor, bins: tf.Tensor, *, size: int, limit: int
) -> tf.Tensor:
  """Returns the pixels that hold the centres of bins of a span.

  Computes in float64 and adds a margin far below a bin, so that a centre on
  the border of two pixels goes to the same one under every compiler.

  Args:
    spans: `[b, n, 2]` float32, first and last coordinate in pixels.
    bins: `[s]` or `[b, n, s]` int32 in [0, size), numbers of bins.
    size: number of equal bins of a span.
    limit: number of pixels.

  Returns:
    `[b, n, s]` int32 in [0, limit).

  >>> span = tf.constant([[[2.0, 10.0]]])
  >>> bin_pixels(span, tf.range(4), size=4, limit=9).numpy().tolist()
  [[[3, 5, 7, 8]]]
  """
  low, high = tf.split(tf.cast(spans, tf.float64), 2, axis=-1)
  centres = (tf.cast(bins, tf.float64) + 0.5) / size
  pixels = tf.floor(low + centres * (high - low) + 1e-6)
  return tf.clip_by_value(tf.cast(pixels, tf.int32), 0, limit - 1)


def read(
  planes: tf.Tensor,
  owners: tf.Tensor,
  ids: tf.Tensor,
  pasted: tf.Tensor,
  rows: tf.Tensor,
  columns: tf.Tensor,
) -> tf.Tensor:
  """Samples each mask at its own rows and columns.

  Args:
    planes: `[b, l, h, w]` uint8 id planes.
    owners: `[b, h, w]` uint8, see `TrainScenes`.
    ids: `[b, n]` int32, the instances to read.
    pasted: `[b, n]` bool, true for instances of the source.
    rows: `[b, n, r]` int32 in [0, h), pixels of the canvas.
    columns: `[b, n, c]` int32 in [0, w), pixels of the canvas.

  Returns:
    `[b, n, r, c]` bool; false for id 0.
  """
  _, _, height, width = id_planes.shape(planes)
  pixels = rows[..., tf.newaxis] * width + columns[:, :, tf.newaxis]
  plane, _ = examples.address(ids)
  in_plane = _per_pixel(plane) * (height * width) + pixels
  return examples.in_mask(
    _gather_flat(planes, in_plane),
    _per_pixel(ids),
    _gather_flat(owners, pixels),
    _per_pixel(pasted),
  )


def _per_pixel(values) -> tf.Tensor:
  """Adds two axes to `[b, n]`, to be compared with masks."""
  return values[..., tf.newaxis, tf.newaxis]


def _gather_flat(images, index) -> tf.Tensor:
  """Reads `[b, ...]` uint8 images at flat positions.

  TensorFlow cannot gather bytes on a GPU, and would copy the images to the
  host. So it gathers numbers of four bytes.
  """
  batch, *sizes = id_planes.shape(images)
  flat = tf.reshape(images, [batch, -1])
  missing = -math.prod(sizes) % 4
  flat = tf.pad(flat, [[0, 0], [0, missing]])
  words = tf.bitcast(tf.reshape(flat, [batch, -1, 4]), tf.int32)
  word = tf.gather(words, index // 4, batch_dims=1)
  pixels = tf.bitwise.right_shift(word, index % 4 * 8)
  return tf.cast(tf.bitwise.bitwise_and(pixels, 255), tf.uint8)
