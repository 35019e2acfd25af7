"""A composition from outside of the package: the mean of two images."""

import dataclasses

import tensorflow as tf

from copypaste_tf.augment import joining, occlusion
from copypaste_tf.augment.draws.selection import Selection
from copypaste_tf.examples import SOURCE, TARGET


@dataclasses.dataclass
class Average:
  """Options of the mean of both images, with the labels of the target."""

  weight: float = 0.5
  blends = True
  shares_warp = False

  def check(self):
    if not 0 <= self.weight <= 1:
      raise ValueError(f'Average.weight is in [0, 1], got {self.weight}.')


def average(targets, sources, seed, *, options, max_instances, partner, engine):
  del seed, engine  # Measures and pastes nothing.
  if partner is not None:
    raise ValueError('the sources come in order')
  image = (
    options.weight * targets.scenes.image
    + (1 - options.weight) * sources.scenes.image
  )
  zero = tf.zeros_like(targets.scenes.size[:, 0])
  return joining.join(
    targets,
    sources,
    occlusion.untouched(targets),
    Selection(zero, zero, tf.zeros_like(sources.scenes.crowd)),
    image=image,
    planes=targets.scenes.planes,
    owners=tf.fill(tf.shape(image)[:3], tf.constant(TARGET | SOURCE, tf.uint8)),
    max_instances=max_instances,
  )
