"""Draws the instances of the source that are pasted."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.draws import random
from copypaste_tf.augment.options import CopyPaste
from copypaste_tf.examples import Scenes


class Selection(NamedTuple):
  """The instances of each source that are pasted onto its target.

  Attributes:
    available: `[b]` int32, number of instances that may be pasted.
    wanted: `[b]` int32, number of instances that were drawn.
    chosen: `[b, n]` bool, the instances that are pasted; fewer than `wanted`
      where there is no room for their labels.
  """

  available: tf.Tensor
  wanted: tf.Tensor
  chosen: tf.Tensor


class Bits(NamedTuple):
  """The random bits of a selection.

  Attributes:
    order: `[b, n]` int32 in [0, 2**31), for the order of the instances.
    count: `[b, 2]` int32 in [0, 65536), for the number to paste.
  """

  order: tf.Tensor
  count: tf.Tensor


def bits(seed: tf.Tensor, classes: tf.Tensor) -> Bits:
  """Draws the bits of a selection; reads only the shape of `classes`.

  Args:
    seed: `[2]` int32 or int64.
    classes: `[b, n]` int32, classes of the instances.

  Returns:
    The `Bits`.
  """
  for_order, for_count = random.split(seed, 2)
  return Bits(
    random.bits31(for_order, tf.shape(classes)),
    random.bits16(for_count, [classes.shape[0] or tf.shape(classes)[0], 2]),
  )


def draw(
  sources: Scenes,
  allowed: tf.Tensor,
  room: tf.Tensor,
  seed: tf.Tensor | Bits,
  *,
  options: CopyPaste,
) -> Selection:
  """Draws a random subset of each image's instances.

  Args:
    sources: `b` scenes to choose from; padding has class 0.
    allowed: `[b]` bool, false for images from which nothing may be pasted.
    room: `[b]` int32, largest number of instances to choose, at least 0.
    seed: `[2]` int32 or int64, or the `bits` of a seed.
    options: `probability`, `subset`, `classes`, `excluded_classes`,
      `class_weights` and `max_pasted` apply.

  Returns:
    A `Selection`.

  Raises:
    ValueError: if one of these options is out of its range.
  """
  options.check()
  drawn = seed if isinstance(seed, Bits) else bits(seed, sources.classes)
  eligible = _eligible(sources.classes, options) & allowed[:, tf.newaxis]
  available = tf.reduce_sum(tf.cast(eligible, tf.int32), axis=1)
  wanted = _wanted(available, drawn.count, options)
  order = _random_order(drawn.order, sources.classes, eligible, options)
  count = tf.minimum(wanted, room)
  chosen = eligible & (order < count[:, tf.newaxis])
  return Selection(available, wanted, chosen)


def _eligible(classes, options) -> tf.Tensor:
  """Returns `[b, n]` bool, true for instances of a class to paste."""
  eligible = classes > 0
  if options.classes:
    eligible &= _is_in(classes, options.classes)
  if options.excluded_classes:
    eligible &= ~_is_in(classes, options.excluded_classes)
  if options.class_weights:
    eligible &= _weights(classes, options) > 0
  return eligible


def _is_in(classes, listed) -> tf.Tensor:
  listed = tf.constant(list(listed), classes.dtype)
  return tf.reduce_any(classes[..., tf.newaxis] == listed, axis=-1)


def _weights(classes, options) -> tf.Tensor:
  """Returns the weight of each instance; classes beyond the list weigh 1."""
  weights = tf.constant(list(options.class_weights), tf.float64)
  listed = classes < len(options.class_weights)
  of_class = tf.gather(weights, tf.where(listed, classes, 0))
  return tf.where(listed, of_class, 1.0)


def _wanted(available, bits, options) -> tf.Tensor:
  """Draws the number of instances to paste, `[b]` int32."""
  wanted = {
    'random': random.below(bits[:, 0], available + 1),
    'one': tf.minimum(available, 1),
    'all': available,
  }[options.subset]
  if options.max_pasted:
    wanted = tf.minimum(wanted, options.max_pasted)
  return tf.where(random.happens(bits[:, 1], options.probability), wanted, 0)


def _random_order(keys, classes, eligible, options) -> tf.Tensor:
  """Ranks the eligible instances at random, `[b, n]` int32 from 0.

  With class weights, samples without replacement by exponential keys
  (Efraimidis and Spirakis, 2006).
  """
  last = tf.int32.max
  if options.class_weights:
    uniform = (tf.cast(keys, tf.float64) + 0.5) / 2.0**31
    weights = tf.where(eligible, _weights(classes, options), 1.0)
    keys = -tf.math.log(uniform) / weights
    last = float('inf')
  keys = tf.where(eligible, keys, last)
  order = tf.argsort(keys, axis=1, stable=True)
  return tf.argsort(order, axis=1, stable=True)
