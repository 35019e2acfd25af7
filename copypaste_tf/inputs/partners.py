"""Draws the image of a group from which each image receives objects."""

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
  """Draws partners in a group where not every image gives and takes objects.

  A taker is an image that is pasted into; a giver is pasted from. An image that
  is both gets another giver by `pairing.derange`. Images that only take get the
  givers in a random order, each about equally often. An image that takes
  nothing is its own partner, so nothing is pasted onto it.

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
