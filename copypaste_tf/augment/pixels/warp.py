"""Warps images, planes and boxes by one draw of `jitter`."""

import tensorflow as tf

from copypaste_tf.augment.draws.jitter import Jitter
from copypaste_tf.augment.labels import boxes as box_geometry
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.pixels import bfloat16, resampling
from copypaste_tf.augment.pixels.normalization import MEAN_RGB, STDDEV_RGB
from copypaste_tf.examples import Scenes

# Steps per pixel to which box coordinates are rounded.
_BOX_RESOLUTION = 1 << 16


def warp(
  scenes: Scenes,
  jitter: Jitter,
  *,
  output_size: tuple[int, int],
  dtype: tf.DType = tf.float32,
  normalize: bool = True,
) -> Scenes:
  """Warps images and labels to the output grid.

  Args:
    scenes: a batch of `b` scenes; see `Scenes`.
    jitter: one draw for each of them.
    output_size: height `H` and width `W` of the canvas, pixels.
    dtype: dtype of the image, see `warp_image`.
    normalize: see `warp_image`.

  Returns:
    `Scenes` on the canvas: `image` is `[b, H, W, 3]` of `dtype`, bilinear;
    `planes` is `[b, l, H, W]` uint8, nearest; `boxes` is `[b, n, 4]` float32 in
    pixels, clipped to the canvas; `size` is `[b, 2]` int32, the part of the
    canvas that the image covers.
  """
  return scenes._replace(
    image=warp_image(
      scenes.image,
      scenes.size,
      jitter,
      output_size=output_size,
      dtype=dtype,
      normalize=normalize,
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
  normalize: bool = True,
) -> tf.Tensor:
  """Warps and normalises images, bilinear with half-pixel centres.

  Args:
    image: `[b, h, w, 3]` uint8 RGB.
    size: `[b, 2]` int32, valid height and width in pixels.
    jitter: one draw for each image.
    output_size: height `H` and width `W` of the canvas, pixels.
    dtype: float32, or uint16 for the bits of bfloat16.
    normalize: whether to normalise, see `normalization`; False leaves RGB in
      [0, 255].

  Returns:
    `[b, H, W, 3]` of `dtype`, 0 outside of the image.
  """
  rows, columns = (
    resampling.linear(size, jitter, output_size, axis) for axis in (0, 1)
  )
  columns = resampling.of_channels(columns)

  def sample(pixels, rows, columns):
    pixels = _interpolate(pixels, rows, columns, normalize)
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


def _interpolate(image, rows, columns, normalized) -> tf.Tensor:
  """Resamples rows of one canvas, and normalises them if `normalized`.

  Args:
    image: `[h, w, 3]` uint8.
    rows: `resampling.Linear` of `[r]`.
    columns: `resampling.Linear` of `[3 * W]`, see `resampling.of_channels`.
    normalized: whether to normalise.

  Returns:
    `[r, W, 3]` float32.
  """
  height, width, _ = id_planes.shape(image)
  flat = tf.reshape(image, [height, 3 * width])

  def mix():
    low, high = (
      tf.cast(tf.gather(flat, i), tf.float32) for i in (rows.low, rows.high)
    )
    return low + rows.weight[:, tf.newaxis] * (high - low)

  # XLA computes a branch once. Without it, XLA would fuse these rows with the
  # gather of columns and compute them again for each pixel.
  num_rows = id_planes.shape(rows.low)[0]
  mixed = tf.cond(
    rows.inside[0] > 0, mix, lambda: tf.zeros([num_rows, 3 * width])
  )
  low, high = (tf.gather(mixed, i, axis=1) for i in (columns.low, columns.high))
  pixels = low + columns.weight * (high - low)
  times = id_planes.shape(columns.low)[0] // 3
  if normalized:
    mean, stddev = (tf.tile(x, [times]) for x in (MEAN_RGB, STDDEV_RGB))
    pixels = (pixels - mean) / stddev
  pixels *= rows.inside[:, tf.newaxis] * columns.inside
  return tf.reshape(pixels, [num_rows, times, 3])


def _warp_planes(scenes, jitter, output_size) -> tf.Tensor:
  """Samples the id planes at the nearest pixel, in integers.

  Leaves planes without an instance to train on empty; most have none.
  """
  rows, columns = (
    resampling.nearest(scenes.size, jitter, output_size, axis)
    for axis in (0, 1)
  )
  trained_ids = tf.where(scenes.crowd, 0, scenes.ids)
  used = id_planes.used(trained_ids, id_planes.shape(scenes.planes)[1])
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
  """Returns `[b, l, k]` bool, true for blocks of rows that an image covers.

  Args:
    jitter: one draw for each image.
    output_size: height and width of the canvas.
    layers: `[b, l]` bool, the layers to fill.
  """
  grid = id_planes.grid(output_size[0])
  tops = tf.range(grid.count) * grid.rows
  covered = tops < _covered(jitter, output_size)[:, :1]
  return layers[..., tf.newaxis] & covered[:, tf.newaxis]


def _by_blocks(
  sample, images, rows, columns, wanted, *, canvas, dtype
) -> tf.Tensor:
  """Fills the wanted blocks of rows of the canvases, one after the other.

  Rows and columns enter the loop as tensors, so XLA computes them once. Outside
  of a loop it would compute them again for every pixel.

  Args:
    sample: maps `[h, w, ...]` pixels, rows and columns of an image to
      `[r, W, ...]` pixels.
    images: `[b, l, h, w, ...]` of any dtype.
    rows: nest of tensors `[b, H]`; `sample` gets `[r]` of them.
    columns: nest of tensors `[b, ...]`; `sample` gets `[...]` of them.
    wanted: `[b, l, k]` bool, the blocks to fill; zeros elsewhere.
    canvas: shape of a layer, `[H, W, ...]`.
    dtype: dtype of the result.

  Returns:
    `[b, l, H, W, ...]` of `dtype`.
  """
  batch, layers, count = id_planes.shape(wanted)
  height, *row = canvas
  num_rows = height // count
  images = tf.reshape(images, [batch * layers, *id_planes.shape(images)[2:]])

  def step(block, blocks):
    layer, number = block // count, block % count
    image = layer // layers
    positions = number * num_rows + tf.range(num_rows)
    new = sample(
      tf.gather(images, layer),
      tf.nest.map_structure(
        lambda x: tf.gather(tf.gather(x, image), positions), rows
      ),
      tf.nest.map_structure(lambda x: tf.gather(x, image), columns),
    )
    return blocks.write(block, new)

  blocks = id_planes.new_blocks(dtype, batch * layers * count, [num_rows, *row])
  filled = id_planes.fold_blocks(step, blocks, wanted).stack()
  return tf.reshape(filled, [batch, layers, *canvas])


def _pick(plane, rows, columns) -> tf.Tensor:
  """Reads a `[h, w]` plane at `resampling.Nearest` rows and columns."""
  values = tf.gather(tf.gather(plane, columns.pixel, axis=1), rows.pixel)
  inside = tf.bitwise.bitwise_and(rows.inside[:, tf.newaxis], columns.inside)
  return tf.bitwise.bitwise_and(values, tf.cast(inside, values.dtype))


def _warp_boxes(scenes, jitter, output_size) -> tf.Tensor:
  """Resizes, mirrors, shifts and clips the boxes."""
  boxes = tf.cast(scenes.boxes, tf.float64)
  boxes = box_geometry.resize(boxes, scenes.size, jitter.scaled_size)
  width = tf.cast(jitter.scaled_size[:, 1], tf.float64)
  flipped = jitter.flipped[:, tf.newaxis, tf.newaxis]
  boxes = tf.where(flipped, box_geometry.flip(boxes, width), boxes)
  boxes -= tf.cast(tf.tile(jitter.offset, [1, 2]), tf.float64)[:, tf.newaxis]
  # Fused arithmetic rounds differently, such as to 1e-14 instead of 0. Whole
  # and half steps are common, so the threshold avoids both.
  boxes = tf.floor(boxes * _BOX_RESOLUTION + 0.37) / _BOX_RESOLUTION
  boxes = box_geometry.clip(tf.cast(boxes, tf.float32), output_size)
  return tf.where(scenes.classes[..., tf.newaxis] > 0, boxes, 0.0)
