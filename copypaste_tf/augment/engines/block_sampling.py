"""Resamples images and id planes block by block."""

import tensorflow as tf

from copypaste_tf.augment.engines import row_blocks
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.pixels import bfloat16, resampling
from copypaste_tf.augment.pixels.normalization import MEAN_RGB, STDDEV_RGB
from copypaste_tf.augment.pixels.resampling import Linear, Nearest


def sample_image(
  image: tf.Tensor,
  rows: Linear,
  columns: Linear,
  *,
  covered: tf.Tensor,
  dtype: tf.DType,
  normalize: bool,
) -> tf.Tensor:
  """Resamples images; see `engine.SampleImage`."""
  height, width = rows.low.shape[1], columns.low.shape[1]

  def sample(pixels, rows, columns):
    pixels = _interpolate(pixels, rows, columns, normalize)
    return pixels if dtype == tf.float32 else bfloat16.to_bits(pixels)

  sampled = _by_blocks(
    sample,
    image[:, tf.newaxis],
    rows,
    resampling.of_channels(columns),
    _covered_blocks(covered, height, tf.ones_like(covered[:, :1], tf.bool)),
    canvas=(height, width, 3),
    dtype=dtype,
  )
  return tf.squeeze(sampled, axis=1)


def sample_planes(
  planes: tf.Tensor,
  rows: Nearest,
  columns: Nearest,
  *,
  covered: tf.Tensor,
  used: tf.Tensor,
) -> tf.Tensor:
  """Resamples id planes; see `engine.SamplePlanes`."""
  height, width = rows.pixel.shape[1], columns.pixel.shape[1]
  return _by_blocks(
    _pick,
    planes,
    rows,
    columns,
    _covered_blocks(covered, height, used),
    canvas=(height, width),
    dtype=tf.uint8,
  )


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


def _covered_blocks(covered, height, layers) -> tf.Tensor:
  """Returns `[b, l, k]` bool, true for blocks of rows that an image covers.

  Args:
    covered: `[b, 2]` int32, see `engine.SampleImage`.
    height: height of the canvas.
    layers: `[b, l]` bool, the layers to fill.
  """
  grid = row_blocks.grid(height)
  tops = tf.range(grid.count) * grid.rows
  reached = tops < covered[:, :1]
  return layers[..., tf.newaxis] & reached[:, tf.newaxis]


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

  blocks = row_blocks.new_blocks(
    dtype, batch * layers * count, [num_rows, *row]
  )
  filled = row_blocks.fold_blocks(step, blocks, wanted).stack()
  return tf.reshape(filled, [batch, layers, *canvas])


def _pick(plane, rows, columns) -> tf.Tensor:
  """Reads a `[h, w]` plane at `resampling.Nearest` rows and columns."""
  values = tf.gather(tf.gather(plane, columns.pixel, axis=1), rows.pixel)
  inside = tf.bitwise.bitwise_and(rows.inside[:, tf.newaxis], columns.inside)
  return tf.bitwise.bitwise_and(values, tf.cast(inside, values.dtype))
