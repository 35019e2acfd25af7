"""Warps images, planes and boxes by one draw of `jitter`."""

import tensorflow as tf

from copypaste_tf.augment import engines
from copypaste_tf.augment.draws.jitter import Jitter
from copypaste_tf.augment.engines import Engine
from copypaste_tf.augment.labels import boxes as box_geometry
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.pixels import resampling
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
  engine: Engine = engines.BLOCKS,
) -> Scenes:
  """Warps images and labels to the output grid.

  Args:
    scenes: a batch of `b` scenes; see `Scenes`.
    jitter: one draw for each of them.
    output_size: height `H` and width `W` of the canvas, pixels.
    dtype: dtype of the image, see `warp_image`.
    normalize: see `warp_image`.
    engine: the form of the computation.

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
      engine=engine,
    ),
    planes=_warp_planes(scenes, jitter, output_size, engine),
    size=_covered(jitter, output_size),
    boxes=warp_boxes(scenes, jitter, output_size=output_size),
  )


def warp_image(
  image: tf.Tensor,
  size: tf.Tensor,
  jitter: Jitter,
  *,
  output_size: tuple[int, int],
  dtype: tf.DType = tf.float32,
  normalize: bool = True,
  engine: Engine = engines.BLOCKS,
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
    engine: the form of the computation.

  Returns:
    `[b, H, W, 3]` of `dtype`, 0 outside of the image.
  """
  rows, columns = (
    resampling.linear(size, jitter, output_size, axis) for axis in (0, 1)
  )
  return engine.sample_image(
    image,
    rows,
    columns,
    covered=_covered(jitter, output_size),
    dtype=dtype,
    normalize=normalize,
  )


def _warp_planes(scenes, jitter, output_size, engine) -> tf.Tensor:
  """Samples the id planes at the nearest pixel, in integers.

  Leaves planes without an instance to train on empty; most have none.
  """
  if id_planes.are_absent(scenes.planes):
    batch = id_planes.shape(scenes.ids)[0]
    return tf.zeros([batch, 0, *output_size], tf.uint8)
  rows, columns = (
    resampling.nearest(scenes.size, jitter, output_size, axis)
    for axis in (0, 1)
  )
  trained_ids = tf.where(scenes.crowd, 0, scenes.ids)
  return engine.sample_planes(
    scenes.planes,
    rows,
    columns,
    covered=_covered(jitter, output_size),
    used=id_planes.used(trained_ids, id_planes.shape(scenes.planes)[1]),
  )


def _covered(jitter, output_size) -> tf.Tensor:
  """Returns the part of the canvas that the images cover, `[b, 2]` int32."""
  return tf.minimum(jitter.scaled_size - jitter.offset, output_size)


def warp_boxes(
  scenes: Scenes, jitter: Jitter, *, output_size: tuple[int, int]
) -> tf.Tensor:
  """Resizes, mirrors, shifts and clips the boxes.

  Args:
    scenes: a batch of `b` scenes; reads boxes, classes and sizes.
    jitter: one draw for each of them.
    output_size: height and width of the canvas, pixels.

  Returns:
    `[b, n, 4]` float32 in pixels of the canvas; zeros for padding instances.
  """
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
