"""Warping of images, planes and boxes by one draw of `jitter`."""

import tensorflow as tf

from copypaste_tf.augment.draws.jitter import Jitter
from copypaste_tf.augment.labels import boxes as box_ops
from copypaste_tf.augment.labels import planes as planes_lib
from copypaste_tf.augment.pixels import bfloat16, taps
from copypaste_tf.examples import Scenes

# ImageNet statistics of RGB in [0, 255], as in the published code.
MEAN_RGB = (0.485 * 255, 0.456 * 255, 0.406 * 255)
STDDEV_RGB = (0.229 * 255, 0.224 * 255, 0.225 * 255)
# Parts of a pixel that box coordinates keep.
_BOX_RESOLUTION = 1 << 16


def warp(
  scenes: Scenes,
  jitter: Jitter,
  *,
  output_size: tuple[int, int],
  dtype: tf.DType = tf.float32,
) -> Scenes:
  """Warps images and labels to the output grid.

  Args:
    scenes: a batch of `b` scenes; see `Scenes`.
    jitter: one draw for each of them.
    output_size: height and width of the canvas, pixels.
    dtype: of the image, see `warp_image`.

  Returns:
    `Scenes` on the canvas: `image` is `[b, H, W, 3]`, normalised, bilinear, 0
    outside of the image; `planes` are nearest; `boxes` are clipped to the
    canvas; `size` is the part of the canvas that the image covers.
  """
  return scenes._replace(
    image=warp_image(
      scenes.image, scenes.size, jitter, output_size=output_size, dtype=dtype
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
  dtype: tf.DType = tf.float32,
) -> tf.Tensor:
  """Warps and normalises images, bilinear with half-pixel centres.

  Args:
    image: `[b, h, w, 3]` uint8.
    size: `[b, 2]` int32, valid height and width.
    jitter: one draw for each image.
    output_size: height and width of the canvas, pixels.
    dtype: float32, or uint16 for the bits of bfloat16.

  Returns:
    `[b, H, W, 3]`, zero mean and unit variance, 0 outside.
  """
  rows, columns = (
    taps.linear(size, jitter, output_size, axis) for axis in (0, 1)
  )
  columns = taps.of_channels(columns)

  def sample(*image_and_taps):
    pixels = _interpolate(*image_and_taps)
    return pixels if dtype == tf.float32 else bfloat16.to_bits(pixels)

  warped = _by_blocks(
    sample,
    image[:, tf.newaxis],
    rows,
    columns,
    _covered_blocks(jitter, output_size, tf.ones_like(size[:, :1], tf.bool)),
    canvas=(*output_size, 3),
    dtype=dtype,
  )
  return tf.squeeze(warped, axis=1)


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
  """Samples the id planes at the nearest pixel, in integers.

  Those without an object that training may see, which most are, stay empty.
  """
  rows, columns = (
    taps.nearest(scenes.size, jitter, output_size, axis) for axis in (0, 1)
  )
  seen = tf.where(scenes.crowd, 0, scenes.ids)
  used = planes_lib.used(seen, planes_lib.shape(scenes.planes)[1])
  return _by_blocks(
    _pick,
    scenes.planes,
    rows,
    columns,
    _covered_blocks(jitter, output_size, used),
    canvas=output_size,
    dtype=tf.uint8,
  )


def _covered(jitter, output_size) -> tf.Tensor:
  """Returns the part of the canvas that the images cover, `[b, 2]` int32."""
  return tf.minimum(jitter.scaled_size - jitter.offset, output_size)


def _covered_blocks(jitter, output_size, layers) -> tf.Tensor:
  """Returns `[b, l, k]` bool, blocks of rows that an image covers.

  Args:
    jitter: one draw for each image.
    output_size: height and width of the canvas.
    layers: `[b, l]` bool; of the others, no block.
  """
  grid = planes_lib.grid(output_size[0])
  tops = tf.range(grid.count) * grid.rows
  covered = tops < _covered(jitter, output_size)[:, :1]
  return layers[..., tf.newaxis] & covered[:, tf.newaxis]


def _by_blocks(
  sample, images, rows, columns, wanted, *, canvas, dtype
) -> tf.Tensor:
  """Fills some blocks of rows of the canvases, one after the other.

  XLA reads the indices that a loop is given, where outside of one it would work
  them out again for every pixel.

  Args:
    sample: `[h, w, ...]` pixels, rows and columns of an image to `[r, W, ...]`.
    images: `[b, l, h, w, ...]`.
    rows: tensors `[b, H]`, of which `sample` gets `[r]`.
    columns: tensors `[b, ...]`, of which `sample` gets `[...]`.
    wanted: `[b, l, k]` bool, the blocks to fill; zeros elsewhere.
    canvas: shape of a layer, `[H, W, ...]`.
    dtype: of the pixels.

  Returns:
    `[b, l, H, W, ...]`.
  """
  batch, layers, count = planes_lib.shape(wanted)
  height, *row = canvas
  num_rows = height // count
  images = tf.reshape(images, [batch * layers, *planes_lib.shape(images)[2:]])

  def step(block, blocks):
    layer, place = block // count, block % count
    image = layer // layers
    positions = place * num_rows + tf.range(num_rows)
    new = sample(
      tf.gather(images, layer),
      tf.nest.map_structure(
        lambda x: tf.gather(tf.gather(x, image), positions), rows
      ),
      tf.nest.map_structure(lambda x: tf.gather(x, image), columns),
    )
    return blocks.write(block, new)

  blocks = planes_lib.new_blocks(
    dtype, batch * layers * count, [num_rows, *row]
  )
  filled = planes_lib.fold_blocks(step, blocks, wanted).stack()
  return tf.reshape(filled, [batch, layers, *canvas])


def _pick(plane, rows, columns) -> tf.Tensor:
  """Reads a `[h, w]` plane at `taps.Nearest` rows and columns."""
  # Columns first, as there are fewer rows then.
  found = tf.gather(tf.gather(plane, columns.pixel, axis=1), rows.pixel)
  inside = tf.bitwise.bitwise_and(rows.inside[:, tf.newaxis], columns.inside)
  return tf.bitwise.bitwise_and(found, tf.cast(inside, found.dtype))


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
