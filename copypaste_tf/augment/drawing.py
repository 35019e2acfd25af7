"""Makes all random decisions of the augmentation, before it sees a pixel.

The decisions are computed in integers, so they are equal on every device and
under every compiler. Outside of XLA they need no compilation.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.augment import compositions
from copypaste_tf.augment.draws import jitter as jittering
from copypaste_tf.augment.draws import pairing, random
from copypaste_tf.augment.draws.jitter import Jitter
from copypaste_tf.augment.options import ScaleJitter
from copypaste_tf.examples import Scenes


class Draws(NamedTuple):
  """The random decisions for a batch of `b` examples.

  Attributes:
    targets: jitter of the targets.
    sources: jitter of the sources; None if each image is warped once, for both
      roles, or nothing is composed.
    partner: `[b]` int32, the source of each target; None if the sources are
      separate, or nothing is composed.
    composition: what the composition drew, see `compositions.draw`; None if
      nothing is composed.
  """

  targets: Jitter
  sources: Jitter | None = None
  partner: tf.Tensor | None = None
  composition: Any = None


@tf.autograph.experimental.do_not_convert
def draw(
  scenes: Scenes,
  seed: tf.Tensor,
  *,
  output_size: tuple[int, int],
  jitter: ScaleJitter | None = None,
  source_jitter: ScaleJitter | None = None,
  composition: compositions.Options | None = None,
  sources: Scenes | None = None,
) -> Draws:
  """Makes the random decisions of `augment`, which takes them as its seed.

  Reads sizes and ids of images, no pixels.

  Args:
    scenes: the targets, a batch of `b` decoded scenes.
    seed: `[2]` int32 or int64; draw a new one for each batch.
    output_size: height and width of the canvas, pixels.
    jitter: see `augment`.
    source_jitter: see `augment`.
    composition: see `augment`.
    sources: see `augment`.

  Returns:
    The `Draws`.

  Raises:
    ValueError: if a knob is out of its range, or the batch is too small to pair
      its images.
  """
  for_targets, for_partner, for_sources, for_composition = random.split(seed, 4)
  jitter = jitter or ScaleJitter()
  of_targets = jittering.sample(
    for_targets, scenes.size, output_size=output_size, jitter=jitter
  )
  if composition is None:
    return Draws(of_targets)
  partner, of_sources = None, None
  if sources is None:
    partner = _partners(scenes, for_partner)
  if sources is not None or source_jitter not in (None, jitter):
    of_sources = jittering.sample(
      for_sources,
      tf.gather(scenes.size, partner) if sources is None else sources.size,
      output_size=output_size,
      jitter=source_jitter or jitter,
    )
  classes = (scenes if sources is None else sources).classes
  drawn = compositions.draw(composition, for_composition, classes)
  return Draws(of_targets, of_sources, partner, drawn)


def _partners(scenes, seed) -> tf.Tensor:
  """Draws the source of each target, `[b]` int32."""
  if scenes.image.shape[0] == 1:
    raise ValueError(
      'A composition pairs the images of a batch, which has only one; raise '
      'the batch size or pass `sources`.'
    )
  return pairing.derange(seed, scenes.source_id)
