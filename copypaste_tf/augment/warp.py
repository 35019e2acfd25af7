"""Warping of images, planes and boxes by one draw of `jitter`."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import boxes as box_ops
from copypaste_tf.augment import planes as planes_lib
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
  return scenes._replace(
    image=warp_image(
      scenes.image, scenes.size, jitter, output_size=output_size
    ),
    planes=_warp_planes(scenes, jitter, output_size),
    size=_covered(jitter, output_size),
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
  rows, columns = (_taps(size, jitter, output_size, axis) for axis in (0, 1))
  columns = _per_channel(columns)
  empty = tf.zeros([planes_lib.shape(image)[0], *output_size, 3])
  covered = _covered(jitter, output_size)
  return _by_blocks(_interpolate, image, rows, columns, empty, covered)


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


def _per_channel(columns: _Taps) -> _Taps:
  """Turns taps of pixels into those of rows of RGB, `[b, 3 * W]`."""
  low, high = (
    tf.repeat(3 * x, 3, axis=1) + tf.tile([0, 1, 2], [x.shape[1]])
    for x in (columns.low, columns.high)
  )
  weight, inside = (
    tf.repeat(x, 3, axis=1) for x in (columns.weight, columns.inside)
  )
  return _Taps(low, high, weight, inside)


def _interpolate(image, rows, columns) -> tf.Tensor:
  """Resamples and normalises some rows of one canvas.

  Args:
    image: `[h, w, 3]` uint8.
    rows: `_Taps` of `[r]`.
    columns: `_Taps` of `[3 * W]`, see `_per_channel`.

  Returns:
    `[r, W, 3]` float32.
  """
  height, width, _ = planes_lib.shape(image)
  flat = tf.reshape(image, [height, 3 * width])

  def mix():
    low, high = (
      tf.cast(tf.gather(flat, i), tf.float32) for i in (rows.low, rows.high)
    )
    return low + rows.weight[:, tf.newaxis] * (high - low)

  # In a branch, which XLA works out once. What it fuses with the reading of
  # the columns it works out again for each pixel that is read.
  num_rows = planes_lib.shape(rows.low)[0]
  mixed = tf.cond(
    rows.inside[0] > 0, mix, lambda: tf.zeros([num_rows, 3 * width])
  )
  low, high = (tf.gather(mixed, i, axis=1) for i in (columns.low, columns.high))
  pixels = low + columns.weight * (high - low)
  times = planes_lib.shape(columns.low)[0] // 3
  mean, stddev = (tf.tile(x, [times]) for x in (MEAN_RGB, STDDEV_RGB))
  inside = rows.inside[:, tf.newaxis] * columns.inside
  pixels = (pixels - mean) / stddev * inside
  return tf.reshape(pixels, [num_rows, times, 3])


def _warp_planes(scenes, jitter, output_size) -> tf.Tensor:
  """Samples the id planes at the nearest pixel, in integers."""
  rows, columns = (
    _nearest(scenes.size, jitter, output_size, axis) for axis in (0, 1)
  )
  batch, _, _, num_planes = planes_lib.shape(scenes.planes)
  empty = tf.zeros([batch, *output_size, num_planes], tf.uint8)
  covered = _covered(jitter, output_size)
  return _by_blocks(_pick, scenes.planes, rows, columns, empty, covered)


def _covered(jitter, output_size) -> tf.Tensor:
  """Returns the part of the canvas that the images cover, `[b, 2]` int32."""
  return tf.minimum(jitter.scaled_size - jitter.offset, output_size)


def _by_blocks(sample, images, rows, columns, empty, covered) -> tf.Tensor:
  """Fills the rows that the images cover, block by block.

  XLA reads the indices that a loop is given, where outside of one it would work
  them out again for every pixel.

  Args:
    sample: `[h, w, c]` image, its rows and its columns to `[r, W, c]` pixels.
    images: `[b, h, w, c]`.
    rows: tensors `[b, H]`, of which `sample` gets `[r]`.
    columns: tensors `[b, ...]`, of which `sample` gets `[...]`.
    empty: `[b, H, W, c]` zeros.
    covered: `[b, 2]` int32, height and width.
  """
  size = planes_lib.block_rows(planes_lib.shape(empty)[1])
  tops = tf.range(0, planes_lib.shape(empty)[1], size)
  count = planes_lib.shape(tops)[0]

  def step(block, blocks):
    image = block // count
    positions = tf.gather(tops, block % count) + tf.range(size)
    new = sample(
      tf.gather(images, image),
      tf.nest.map_structure(
        lambda x: tf.gather(tf.gather(x, image), positions), rows
      ),
      tf.nest.map_structure(lambda x: tf.gather(x, image), columns),
    )
    return planes_lib.put_block(blocks, block, new)

  blocks = planes_lib.split_rows(empty, size)
  filled = planes_lib.fold_blocks(step, blocks, tops < covered[:, :1])
  return tf.reshape(filled, planes_lib.shape(empty))


def _nearest(size, jitter, output_size, axis) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the nearest pixels, `[b, H]` int32, and 1 inside, uint8."""
  coordinates = _scaled_coordinates(jitter, output_size, axis)
  inside = tf.cast(_inside(coordinates, jitter, axis), tf.uint8)
  size = size[:, axis, tf.newaxis]
  scaled = jitter.scaled_size[:, axis, tf.newaxis]
  nearest = (2 * coordinates + 1) * size // (2 * scaled)
  return tf.clip_by_value(nearest, 0, size - 1), inside


def _pick(planes, rows, columns) -> tf.Tensor:
  """Reads `[h, w, l]` planes at `(positions, inside)` of rows and columns."""
  # Columns first, as there are fewer rows then.
  found = tf.gather(tf.gather(planes, columns[0], axis=1), rows[0])
  inside = rows[1][:, tf.newaxis] * columns[1]
  return found * inside[..., tf.newaxis]


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
