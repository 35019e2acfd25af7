"""Warping of images, planes and boxes by one draw of `jitter`."""

import tensorflow as tf

from copypaste_tf.augment import boxes as box_ops
from copypaste_tf.augment import planes as planes_lib
from copypaste_tf.augment import taps
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
  rows, columns = (
    taps.linear(size, jitter, output_size, axis) for axis in (0, 1)
  )
  columns = taps.of_channels(columns)
  return _by_blocks(
    _interpolate, image, rows, columns, jitter, output_size, tf.float32
  )


def normalize(image: tf.Tensor) -> tf.Tensor:
  """Maps `[..., 3]` float32 RGB in [0, 255] to zero mean, unit variance."""
  return (image - tf.constant(MEAN_RGB)) / tf.constant(STDDEV_RGB)


def denormalize(image: tf.Tensor) -> tf.Tensor:
  """Maps normalised `[..., 3]` floats back to uint8 RGB, rounded."""
  image = tf.cast(image, tf.float32) * STDDEV_RGB + MEAN_RGB
  return tf.saturate_cast(tf.round(image), tf.uint8)


def _interpolate(image, rows, columns) -> tf.Tensor:
  """Resamples and normalises some rows of one canvas.

  Args:
    image: `[h, w, 3]` uint8.
    rows: `taps.Linear` of `[r]`.
    columns: `taps.Linear` of `[3 * W]`, see `taps.of_channels`.

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
    taps.nearest(scenes.size, jitter, output_size, axis) for axis in (0, 1)
  )
  return _by_blocks(
    _pick, scenes.planes, rows, columns, jitter, output_size, tf.uint8
  )


def _covered(jitter, output_size) -> tf.Tensor:
  """Returns the part of the canvas that the images cover, `[b, 2]` int32."""
  return tf.minimum(jitter.scaled_size - jitter.offset, output_size)


def _by_blocks(
  sample, images, rows, columns, jitter, output_size, dtype
) -> tf.Tensor:
  """Fills the rows that the images cover, block by block.

  XLA reads the indices that a loop is given, where outside of one it would work
  them out again for every pixel.

  Args:
    sample: `[h, w, c]` image, its rows and its columns to `[r, W, c]` pixels.
    images: `[b, h, w, c]`.
    rows: tensors `[b, H]`, of which `sample` gets `[r]`.
    columns: tensors `[b, ...]`, of which `sample` gets `[...]`.
    jitter: one draw for each image.
    output_size: height `H` and width `W` of the canvas.
    dtype: of the pixels.

  Returns:
    `[b, H, W, c]`, 0 in rows that the images do not cover.
  """
  height, width = output_size
  batch, _, _, channels = planes_lib.shape(images)
  canvas = [batch, height, width, channels]
  grid = planes_lib.grid(height)

  def step(block, blocks):
    image, place = block // grid.count, block % grid.count
    positions = place * grid.rows + tf.range(grid.rows)
    new = sample(
      tf.gather(images, image),
      tf.nest.map_structure(
        lambda x: tf.gather(tf.gather(x, image), positions), rows
      ),
      tf.nest.map_structure(lambda x: tf.gather(x, image), columns),
    )
    return blocks.write(block, new)

  blocks = planes_lib.new_blocks(
    dtype, batch * grid.count, [grid.rows, width, channels]
  )
  tops = tf.range(grid.count) * grid.rows
  covered = tops < _covered(jitter, output_size)[:, :1]
  filled = planes_lib.fold_blocks(step, blocks, covered).stack()
  return tf.reshape(filled, canvas)


def _pick(planes, rows, columns) -> tf.Tensor:
  """Reads `[h, w, l]` planes at `taps.Nearest` rows and columns."""
  # Columns first, as there are fewer rows then.
  found = tf.gather(tf.gather(planes, columns.pixel, axis=1), rows.pixel)
  inside = tf.bitwise.bitwise_and(rows.inside[:, tf.newaxis], columns.inside)
  inside = tf.cast(inside, found.dtype)[..., tf.newaxis]
  return tf.bitwise.bitwise_and(found, inside)


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
