"""Draws the image that each image of a group is pasted from."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from copypaste_tf.augment.draws import pairing, random


def draw(
  seed: tf.Tensor,
  source_id: tf.Tensor,
  *,
  takers: Sequence[int],
  givers: Sequence[int],
) -> tf.Tensor:
  """Draws partners where some images only give objects, or only take them.

  An image that does both gets another giver by `pairing.derange`. The images
  that only take get the givers in a random order, each about as often. An image
  that takes nothing is its own partner, and so is left without a paste.

  Args:
    seed: `[2]` int32 or int64.
    source_id: `[g]` int64; equal ids mean the same image.
    takers: positions in [0, g) of the images that are pasted into.
    givers: positions in [0, g) of the images that are pasted from, at least
      one.

  Returns:
    `[g]` int32 positions in [0, g), one partner for each image.
  """
  size = source_id.shape[0]
  if len(takers) == len(givers) == size:
    return pairing.derange(seed, source_id)
  both = [i for i in takers if i in givers]
  only_take = [i for i in takers if i not in givers]
  rest = [i for i in range(size) if i not in takers]
  giver_of_giver = pairing.derange(seed, tf.gather(source_id, givers))
  keys = random.bits31(random.split(seed, 2)[1], [len(givers)])
  shuffled = tf.argsort(keys)
  numbers = tf.concat(
    [
      tf.gather(giver_of_giver, _int32([[*givers].index(i) for i in both])),
      tf.gather(shuffled, np.arange(len(only_take)) % len(givers)),
    ],
    axis=0,
  )
  partners = tf.concat(
    [tf.gather(_int32(givers), numbers), _int32(rest)], axis=0
  )
  return tf.gather(partners, np.argsort([*both, *only_take, *rest]))


def _int32(numbers: Sequence[int]) -> np.ndarray:
  return np.array(numbers, np.int32)
