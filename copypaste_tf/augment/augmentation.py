"""Augments a batch: pairs images, jitters them and composes each pair."""

import tensorflow as tf

from copypaste_tf.augment import (
  canvas,
  compositions,
  drawing,
  engines,
  ignored_regions,
  joining,
  traits,
  warp,
)
from copypaste_tf.augment.canvas import Canvas
from copypaste_tf.augment.drawing import Draws
from copypaste_tf.augment.draws import pairing
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.options import CopyPaste, ScaleJitter
from copypaste_tf.augment.pixels import bfloat16
from copypaste_tf.examples import Scenes, TrainScenes


# There is no Python control flow on tensors, so AutoGraph would waste seconds.
@tf.autograph.experimental.do_not_convert
def augment(
  scenes: Scenes,
  seed: tf.Tensor | Draws,
  *,
  output_size: tuple[int, int],
  max_instances: int = 100,
  max_ignored: int = 20,
  jitter: ScaleJitter | None = None,
  source_jitter: ScaleJitter | None = None,
  copy_paste: CopyPaste | None = None,
  composition: compositions.Options | None = None,
  sources: Scenes | None = None,
  dtype: tf.DType = tf.float32,
  normalize: bool = True,
  form: str = 'blocks',
) -> TrainScenes:
  """Jitters a batch and composes pairs of its images, such as by Copy-Paste.

  A pure function with static shapes: the same arguments give the same result
  eagerly, in `tf.data`, and under XLA on any device. If targets and sources
  have the same jitter and no separate sources are given, each image is warped
  once and serves as a target and as a source. Every example still combines two
  different images with independent draws.

  Wrap it in `tf.function(jit_compile=True)`: on a CPU it takes more than ten
  times as long without XLA (docs/op.md).

  Args:
    scenes: the targets, a batch of `b` decoded scenes.
    seed: `[2]` int32 or int64, a new one for each batch; or the `Draws` that
      `drawing.draw` made of that seed and the same options outside of XLA.
    output_size: height and width of the canvas, pixels.
    max_instances: number of labels that an example can hold.
    max_ignored: number of ignored regions that an example can hold, if the
      scenes tell which objects are ignored.
    jitter: range of the targets' jitter; `ScaleJitter()` (LSJ) by default.
    source_jitter: range of the sources' jitter; the targets' by default (the
      paper's Table 11 varies it).
    copy_paste: options of Copy-Paste; short for `composition`.
    composition: options of the composition of two images to one example; see
      `compositions`. If this and `copy_paste` are None, each image is an
      example by itself.
    sources: a batch of `b` scenes to paste from, the i-th onto the i-th; by
      default a random derangement of `scenes`.
    dtype: dtype of the resulting image: float32, bfloat16, or uint16 for the
      bits of bfloat16, which XLA computes faster on CPUs.
    normalize: whether images have zero mean and unit variance over ImageNet;
      False leaves RGB in [0, 255] and 0 (black) where no image lies.
    form: `blocks` for CPUs, `dense` for GPUs and TPUs; see `engines`. Both
      give equal labels, and pixels that are equal up to rounding.

  Returns:
    `TrainScenes` of `b` examples.

  Raises:
    ValueError: if a knob is out of its range, `form` is unknown, both
      `copy_paste` and `composition` are given, `sources` or `source_jitter` is
      given without either, the scenes to compose have no planes, or the batch
      is too small to pair its images.
  """
  if copy_paste is not None and composition is not None:
    raise ValueError(
      'augment takes `copy_paste`, which is short for `composition`, or '
      '`composition`; got both.'
    )
  composition = copy_paste if composition is None else composition
  if composition is not None:
    compositions.check(composition)
    _check_planes(scenes, composition)
  elif sources is not None or source_jitter is not None:
    name = 'source_jitter' if sources is None else 'sources'
    raise ValueError(
      f'augment reads `{name}` only to compose pairs of images; pass '
      '`copy_paste` or `composition`, too.'
    )
  draws = seed
  if not isinstance(seed, Draws):
    draws = drawing.draw(
      scenes,
      seed,
      output_size=output_size,
      jitter=jitter,
      source_jitter=source_jitter,
      composition=composition,
      sources=sources,
    )
  engine = engines.named(form)
  warp_options = {
    'output_size': output_size,
    'dtype': _dtype_to_warp(dtype, composition),
    'normalize': normalize,
    'engine': engine,
  }
  separate = sources
  targets, sources, partner = _pair(scenes, draws, sources, warp_options)
  if composition is None:
    examples = joining.targets_alone(targets, max_instances=max_instances)
  else:
    if partner is not None and not composition.shares_warp:
      sources, partner = pairing.take(sources, partner), None
    examples = compositions.compose(
      targets,
      sources,
      draws.composition,
      options=composition,
      max_instances=max_instances,
      partner=partner,
      engine=engine,
    )
  return examples._replace(
    image=_with_dtype(examples.image, dtype),
    regions=ignored_regions.visible(
      scenes,
      draws,
      output_size=output_size,
      max_ignored=max_ignored,
      sources=separate,
      owners=examples.owners if traits.shows_sources(composition) else None,
    ),
  )


@tf.autograph.experimental.do_not_convert
def pair(
  scenes: Scenes,
  seed: tf.Tensor,
  *,
  output_size: tuple[int, int],
  jitter: ScaleJitter | None = None,
  source_jitter: ScaleJitter | None = None,
  sources: Scenes | None = None,
  form: str = 'blocks',
) -> tuple[Canvas, Canvas]:
  """Returns the two images of each example, as `augment` composes them.

  Args:
    scenes: the targets, a batch of `b` decoded scenes.
    seed: `[2]` int32 or int64; the seed of `augment` gives the same images.
    output_size: height and width of the canvas, pixels.
    jitter: range of the targets' jitter; `ScaleJitter()` by default.
    source_jitter: range of the sources' jitter; the targets' by default.
    sources: a batch of `b` scenes to paste from; by default a random
      derangement of `scenes`.
    form: see `augment`.

  Returns:
    Targets and sources on the canvas with normalised float32 images, the i-th
    source for the i-th target.

  Raises:
    ValueError: if a knob is out of its range, or the batch is too small to
      pair its images.
  """
  draws = drawing.draw(
    scenes,
    seed,
    output_size=output_size,
    jitter=jitter,
    source_jitter=source_jitter,
    composition=CopyPaste(),
    sources=sources,
  )
  targets, sources, partner = _pair(
    scenes,
    draws,
    sources,
    {'output_size': output_size, 'engine': engines.named(form)},
  )
  return targets, sources if partner is None else pairing.take(sources, partner)


def _check_planes(scenes: Scenes, composition) -> None:
  if id_planes.are_absent(scenes.planes) and traits.needs_masks(composition):
    raise ValueError(
      'augment composes images by the masks of their objects, and these scenes '
      'have no planes; pass no `composition`.'
    )


def _dtype_to_warp(dtype, composition) -> tf.DType:
  """Returns the dtype of warped images; blending needs float32."""
  blends = composition is not None and composition.blends
  as_bits = bfloat16.stored(dtype) == tf.uint16 and not blends
  return tf.uint16 if as_bits else tf.float32


def _pair(scenes, draws, sources, warp_options):
  """Returns targets, sources, and the permutation of the sources or None."""
  targets = _jittered(scenes, draws.targets, warp_options)
  if draws.sources is None:
    return targets, targets, draws.partner
  if sources is None:
    sources = pairing.take(scenes, draws.partner)
  return targets, _jittered(sources, draws.sources, warp_options), None


def _jittered(scenes, jitter, warp_options) -> Canvas:
  """Puts scenes on the canvas by `warp.warp`."""
  return canvas.place(
    warp.warp(scenes, jitter, **warp_options), engine=warp_options['engine']
  )


def _with_dtype(image, dtype) -> tf.Tensor:
  """Turns float32, or the bits of bfloat16, into the requested dtype."""
  if image.dtype == dtype:
    return image
  if image.dtype == tf.uint16:
    return bfloat16.from_bits(image)
  if dtype == tf.uint16:
    return bfloat16.to_bits(image)
  return tf.cast(image, dtype)
