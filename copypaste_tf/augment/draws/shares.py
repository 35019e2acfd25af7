"""Draws the shares of two images in a mixed one from a Beta distribution.

The distribution is a table of quantiles, interpolated in integers. So a share
is equal to the last bit on every device and compiler, and labels may depend on
it. `Beta(1.5, 1.5)` has a closed form, but it takes a cosine, which compilers
round differently. There is no closed form for other values of alpha.
"""

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.draws import random

# Below this range, all shares but one in a thousand would be 0 or 1. Above it,
# all shares would be a half.
ALPHAS = (1e-3, 1e6)
_CELLS = 1 << 10
_UNIT = 1 << 16  # Quantiles are whole numbers of 1 / _UNIT.
# Twice the number of 16-bit draws that lie between two quantiles.
_PARTS = 2 * (1 << 16) // _CELLS
_POINTS = 1 << 14
# Probability of the first quantile; no draw lies below it. The quantile at 0
# itself is 0 for every alpha, and would stretch the tails of narrow
# distributions.
_LEAST = 1 / (1 << 18)


class Bits(NamedTuple):
  """The random bits of the shares of `b` images, `[b]` int32 in [0, 65536).

  Attributes:
    share: for the share of the first image.
    mixed: for whether an image is mixed at all.
  """

  share: tf.Tensor
  mixed: tf.Tensor


def bits(seed: tf.Tensor, classes: tf.Tensor) -> Bits:
  """Draws the bits of a batch; reads only the shape of `classes`.

  Args:
    seed: `[2]` int32 or int64.
    classes: `[b, n]` int32, classes of the sources' instances.
  """
  batch = classes.shape[0] or tf.shape(classes)[0]
  return Bits(*(random.bits16(x, [batch]) for x in random.split(seed, 2)))


def beta(bits: tf.Tensor, alpha: float) -> tf.Tensor:
  """Maps 16 random bits to a share distributed by `Beta(alpha, alpha)`.

  Args:
    bits: `[...]` int32 in [0, 65536).
    alpha: in `ALPHAS`; 1 is uniform, and larger ones prefer equal shares.

  Returns:
    `[...]` float32 in [0, 1]. `65535 - bits` gives one minus this share.

  >>> beta(tf.constant([0, 16384, 49151, 65535]), 1.0).numpy().round(3).tolist()
  [0.0, 0.25, 0.75, 1.0]
  """
  table = tf.constant(quantiles(alpha), tf.int32)
  position = 2 * bits + 1  # The middle of a step.
  cell, part = position // _PARTS, position % _PARTS
  low, high = tf.gather(table, cell), tf.gather(table, cell + 1)
  # At most 24 bits, which float32 holds exactly.
  share = low * (_PARTS - part) + high * part
  return tf.cast(share, tf.float32) / (_UNIT * _PARTS)


@functools.cache
def quantiles(alpha: float) -> tuple[int, ...]:
  """Returns quantiles of `Beta(alpha, alpha)` at 2^-18, 1 / 1024, 2 / 1024....

  Integrates over `y = log(x / (1 - x))`, where the density is smooth and
  vanishes at both ends for every alpha.

  Args:
    alpha: in `ALPHAS`.

  Returns:
    1025 integers in [0, 65536], in units of 1 / 65536; the last one is the
    mirrored first one.
  """
  end = 20 / alpha + 10
  step = end / _POINTS
  lower = [
    round(_UNIT * math.exp(y) / (1 + math.exp(y)))
    for y in _lower_quantiles(alpha, -end, step)
  ]
  # Mirrored, so that both images are treated alike to the last bit.
  return (*lower, _UNIT // 2, *(_UNIT - x for x in reversed(lower)))


def _lower_quantiles(alpha, start, step) -> Iterator[float]:
  """Yields `y` at the quantiles below the median, which is at `y = 0`."""
  middles = (start + step * (i + 0.5) for i in range(_POINTS))
  # The density is 1 at the median, so that no alpha makes all of it vanish.
  masses = [
    math.exp(alpha * (y + 2 * (math.log(2) - math.log1p(math.exp(y)))))
    for y in middles
  ]
  total = 2 * sum(masses)
  levels = [_LEAST, *(k / _CELLS for k in range(1, _CELLS // 2))]
  below, found = 0.0, 0
  for i, mass in enumerate(masses):
    reached = below + mass / total
    while found < len(levels) and levels[found] <= reached:
      part = (levels[found] - below) / (reached - below)
      yield start + step * (i + part)
      found += 1
    below = reached
