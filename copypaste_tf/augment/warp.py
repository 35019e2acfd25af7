"""Warping of images, planes and boxes by one draw of `jitter`."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import boxes as box_ops
from copypaste_tf.augment.jitter import Jitter
from copypaste_tf.examples import Scenes

# ImageNet statistics of RGB in [0, 255], as in the published code.
MEAN_RGB = (0.485 * 255, 0.456 * 255, 0.406 * 255)
STDDEV_RGB = (0.229 * 255, 0.224 * 255, 0.225 * 255)
# Parts of a pixel that box coordinates keep.
_BOX_RESOLUTION = 1 << 16


def warp(
  scenes: Scenes, jitter: Jitter, *, output_size: tuple[int, int]
) -> Scenes:
  """Warps images and labels to the output grid.

  Args:
    scenes: a batch of `b` scenes; see `Scenes`.
    jitter: one draw for each of them.
    output_size: height and width of the canvas, pixels.

  Returns:
    `Scenes` on the canvas: `image` is `[b, H, W, 3]` float32, normalised,
    bilinear, 0 outside of the image; `planes` are nearest; `boxes` are clipped
    to the canvas; `size` is the part of the canvas that the image covers.
  """
  limit = tf.constant(output_size)
  return scenes._replace(
    image=warp_image(
      scenes.image, scenes.size, jitter, output_size=output_size
    ),
    planes=_warp_planes(scenes, jitter, output_size),
    size=tf.minimum(jitter.scaled_size - jitter.offset, limit),
    boxes=_warp_boxes(scenes, jitter, output_size),
  )


def warp_image(
  image: tf.Tensor,
  size: tf.Tensor,
  jitter: Jitter,
  *,
  output_size: tuple[int, int],
) -> tf.Tensor:
  """Warps and normalises images, bilinear with half-pixel centres.

  Args:
    image: `[b, h, w, 3]` uint8.
    size: `[b, 2]` int32, valid height and width.
    jitter: one draw for each image.
    output_size: height and width of the canvas, pixels.

  Returns:
    `[b, H, W, 3]` float32, zero mean and unit variance, 0 outside.
  """
  axes = [_taps(size, jitter, output_size, axis) for axis in (0, 1)]
  # One image after the other stays in the cache of a CPU.
  return tf.map_fn(
    lambda x: _interpolate(x[0], *x[1], output_size),
    (image, axes),
    fn_output_signature=tf.TensorSpec([*output_size, 3], tf.float32),
  )


def normalize(image: tf.Tensor) -> tf.Tensor:
  """Maps `[..., 3]` float32 RGB in [0, 255] to zero mean, unit variance."""
  return (image - tf.constant(MEAN_RGB)) / tf.constant(STDDEV_RGB)


def denormalize(image: tf.Tensor) -> tf.Tensor:
  """Maps normalised `[..., 3]` floats back to uint8 RGB, rounded."""
  image = tf.cast(image, tf.float32) * STDDEV_RGB + MEAN_RGB
  return tf.saturate_cast(tf.round(image), tf.uint8)


def _scaled_coordinates(jitter, output_size, axis) -> tf.Tensor:
  """Returns the pixel of the resized image at each canvas pixel, `[b, H]`."""
  pixels = tf.range(output_size[axis])
  coordinates = pixels + jitter.offset[:, axis, tf.newaxis]
  if axis == 0:
    return coordinates
  last = jitter.scaled_size[:, 1, tf.newaxis] - 1
  mirrored = jitter.flipped[:, tf.newaxis]
  return tf.where(mirrored, last - coordinates, coordinates)


def _inside(coordinates, jitter, axis) -> tf.Tensor:
  """Returns `[b, H]` bool, true where a coordinate lies in the image."""
  end = jitter.scaled_size[:, axis, tf.newaxis]
  return (coordinates >= 0) & (coordinates < end)


class _Taps(NamedTuple):
  """Where each row or column of the canvas lies in the image.

  Attributes:
    low: `[b, H]` int32, the pixel before.
    high: `[b, H]` int32, the pixel behind.
    weight: `[b, H]` float32, of the pixel behind.
    inside: `[b, H]` float32, 1 in the image and 0 outside.
  """

  low: tf.Tensor
  high: tf.Tensor
  weight: tf.Tensor
  inside: tf.Tensor


def _taps(size, jitter, output_size, axis) -> _Taps:
  coordinates = _scaled_coordinates(jitter, output_size, axis)
  inside = tf.cast(_inside(coordinates, jitter, axis), tf.float32)
  size = tf.cast(size[:, axis, tf.newaxis], tf.float32)
  scaled = tf.cast(jitter.scaled_size[:, axis, tf.newaxis], tf.float32)
  centre = (tf.cast(coordinates, tf.float32) + 0.5) * (size / scaled) - 0.5
  centre = tf.clip_by_value(centre, 0.0, size - 1)
  low = tf.floor(centre)
  high = tf.minimum(low + 1, size - 1)
  return _Taps(
    tf.cast(low, tf.int32), tf.cast(high, tf.int32), centre - low, inside
  )


def _interpolate(image, rows, columns, output_size) -> tf.Tensor:
  """Resamples and normalises one image.

  Columns come first: there are fewer rows then, and what is done for each
  pixel of the canvas runs along contiguous rows of it.

  Args:
    image: `[h, w, 3]` uint8.
    rows: `_Taps` of `[H]`.
    columns: `_Taps` of `[W]`.
    output_size: H and W.

  Returns:
    `[H, W, 3]` float32.
  """
  height, width = output_size
  low, high = (
    tf.cast(tf.gather(image, i, axis=1), tf.float32)
    for i in (columns.low, columns.high)
  )
  stretched = low + columns.weight[:, tf.newaxis] * (high - low)
  stretched = tf.reshape(stretched, [-1, 3 * width])
  low, high = (tf.gather(stretched, i) for i in (rows.low, rows.high))
  pixels = low + rows.weight[:, tf.newaxis] * (high - low)
  mean, stddev = (tf.tile(x, [width]) for x in (MEAN_RGB, STDDEV_RGB))
  inside = rows.inside[:, tf.newaxis] * tf.repeat(columns.inside, 3)
  pixels = (pixels - mean) / stddev * inside
  return tf.reshape(pixels, [height, width, 3])


def _warp_planes(scenes, jitter, output_size) -> tf.Tensor:
  """Samples the id planes at the nearest pixel, in integers."""
  planes = scenes.planes
  # Columns first, as there are fewer rows then.
  for axis in (1, 0):
    coordinates = _scaled_coordinates(jitter, output_size, axis)
    inside = tf.cast(_inside(coordinates, jitter, axis), tf.uint8)
    size = scenes.size[:, axis, tf.newaxis]
    scaled = jitter.scaled_size[:, axis, tf.newaxis]
    nearest = (2 * coordinates + 1) * size // (2 * scaled)
    nearest = tf.clip_by_value(nearest, 0, size - 1)
    planes = tf.gather(planes, nearest, axis=axis + 1, batch_dims=1)
    shape = [-1, 1, 1, 1]
    shape[axis + 1] = output_size[axis]
    planes *= tf.reshape(inside, shape)
  return planes


def _warp_boxes(scenes, jitter, output_size) -> tf.Tensor:
  """Resizes, mirrors, shifts and clips the boxes."""
  boxes = tf.cast(scenes.boxes, tf.float64)
  boxes = box_ops.resize(boxes, scenes.size, jitter.scaled_size)
  width = tf.cast(jitter.scaled_size[:, 1], tf.float64)
  flipped = jitter.flipped[:, tf.newaxis, tf.newaxis]
  boxes = tf.where(flipped, box_ops.flip(boxes, width), boxes)
  boxes -= tf.cast(tf.tile(jitter.offset, [1, 2]), tf.float64)[:, tf.newaxis]
  # Fused arithmetic leaves other residues, such as 1e-14 instead of 0. Whole
  # and half steps are common values, so the threshold lies off both.
  boxes = tf.floor(boxes * _BOX_RESOLUTION + 0.37) / _BOX_RESOLUTION
  boxes = box_ops.clip(tf.cast(boxes, tf.float32), output_size)
  return tf.where(scenes.classes[..., tf.newaxis] > 0, boxes, 0.0)
