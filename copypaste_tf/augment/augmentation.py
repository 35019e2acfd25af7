"""The whole augmentation of a batch: pair, jitter, paste, normalise."""

import tensorflow as tf

from copypaste_tf.augment import copy_paste as paste
from copypaste_tf.augment.draws import jitter as jitter_lib
from copypaste_tf.augment.draws import pairing, random
from copypaste_tf.augment.labels import canvas
from copypaste_tf.augment.labels.canvas import Canvas
from copypaste_tf.augment.options import CopyPaste, ScaleJitter
from copypaste_tf.augment.pixels import bfloat16
from copypaste_tf.augment.pixels import warp as warp_lib
from copypaste_tf.examples import Scenes, TrainScenes


# AutoGraph has nothing to convert, and takes seconds to find out.
@tf.autograph.experimental.do_not_convert
def augment(
  scenes: Scenes,
  seed: tf.Tensor,
  *,
  output_size: tuple[int, int],
  max_instances: int = 100,
  jitter: ScaleJitter | None = None,
  source_jitter: ScaleJitter | None = None,
  copy_paste: CopyPaste | None = None,
  sources: Scenes | None = None,
  dtype: tf.DType = tf.float32,
) -> TrainScenes:
  """Jitters a batch and, with `copy_paste`, pastes objects between images.

  A pure function with static shapes: the same arguments give the same result
  eagerly, in `tf.data`, and under XLA on any device. Where target and source
  share their jitter and no separate sources are given, each image is warped
  once and serves in both roles: every example still is two different images
  with independent draws.

  Wrap it in `tf.function(jit_compile=True)`: a plain graph, or TensorFlow op by
  op, takes ten times as long.

  Args:
    scenes: the targets, a batch of `b` decoded scenes.
    seed: `[2]` int32 or int64; draw a new one for each batch.
    output_size: height and width of the canvas, pixels.
    max_instances: number of labels that an example can hold.
    jitter: of the targets; `ScaleJitter()` (LSJ) by default.
    source_jitter: of the images that are pasted from; like the targets' by
      default (the paper's Table 11 varies them).
    copy_paste: what is pasted; None leaves the stage out.
    sources: a batch of `b` scenes to paste from, the i-th onto the i-th; by
      default a random derangement of `scenes`.
    dtype: of the resulting image, float32, bfloat16, or uint16 for the bits of
      bfloat16, of which XLA makes faster code for CPUs.

  Returns:
    `TrainScenes` of `b` examples.

  Raises:
    ValueError: if a knob is out of its range, or the batch is too small to
      pair its images.
  """
  jitter = jitter or ScaleJitter()
  # What is blended must be numbers.
  blends = copy_paste is not None and copy_paste.blend_sigma > 0
  as_bits = bfloat16.stored(dtype) == tf.uint16 and not blends
  stored = tf.uint16 if as_bits else tf.float32
  if copy_paste is None:
    targets = _jittered(
      scenes, random.split(seed, 4)[0], output_size, jitter, stored
    )
    examples = paste.without_paste(targets, max_instances=max_instances)
  else:
    targets, sources, partner = _pair(
      scenes, seed, output_size, jitter, source_jitter, sources, stored
    )
    examples = paste.copy_paste(
      targets,
      sources,
      random.split(seed, 4)[3],
      options=copy_paste,
      max_instances=max_instances,
      partner=partner,
    )
  return examples._replace(image=_as(examples.image, dtype))


@tf.autograph.experimental.do_not_convert
def pair(
  scenes: Scenes,
  seed: tf.Tensor,
  *,
  output_size: tuple[int, int],
  jitter: ScaleJitter | None = None,
  source_jitter: ScaleJitter | None = None,
  sources: Scenes | None = None,
) -> tuple[Canvas, Canvas]:
  """Makes the two images of each example: what `augment` pastes between.

  Args:
    scenes: see `augment`, as the others.
    seed: of the same value for the same images.
    output_size: height and width of the canvas, pixels.
    jitter: of the targets.
    source_jitter: of the sources.
    sources: a batch to paste from.

  Returns:
    Targets and sources, the i-th for the i-th.

  Raises:
    ValueError: if a knob is out of its range, or the batch is too small to
      pair its images.
  """
  targets, sources, partner = _pair(
    scenes,
    seed,
    output_size,
    jitter or ScaleJitter(),
    source_jitter,
    sources,
    tf.float32,
  )
  return targets, sources if partner is None else _take(sources, partner)


def _pair(scenes, seed, output_size, jitter, source_jitter, sources, dtype):
  """Returns targets, sources, and the order of these if it is another."""
  seeds = random.split(seed, 4)
  targets = _jittered(scenes, seeds[0], output_size, jitter, dtype)
  if sources is None:
    partner = _partners(scenes, seeds[1])
    if source_jitter in (None, jitter):
      return targets, targets, partner
    sources = _take(scenes, partner)
  source_jitter = source_jitter or jitter
  sources = _jittered(sources, seeds[2], output_size, source_jitter, dtype)
  return targets, sources, None


def _jittered(scenes, seed, output_size, jitter, dtype) -> Canvas:
  draw = jitter_lib.sample(
    seed, scenes.size, output_size=output_size, jitter=jitter
  )
  warped = warp_lib.warp(scenes, draw, output_size=output_size, dtype=dtype)
  return canvas.place(warped)


def _as(image, dtype) -> tf.Tensor:
  """Turns float32, or the bits of bfloat16, into what was asked for."""
  if image.dtype == dtype:
    return image
  if image.dtype == tf.uint16:
    return bfloat16.from_bits(image)
  if dtype == tf.uint16:
    return bfloat16.to_bits(image)
  return tf.cast(image, dtype)


def _partners(scenes, seed) -> tf.Tensor:
  if scenes.image.shape[0] == 1:
    raise ValueError(
      'Copy-Paste pairs the images of a batch, which has only one; raise the '
      'batch size or pass `sources`.'
    )
  return pairing.derange(seed, scenes.source_id)


def _take(batch, index):
  """Reorders every tensor of a nest along the batch."""
  return tf.nest.map_structure(lambda field: tf.gather(field, index), batch)
