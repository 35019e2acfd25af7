"""Pairs each image of a batch with the image whose objects it receives."""

from typing import TypeVar

import tensorflow as tf

from copypaste_tf.augment.draws import random

_Nest = TypeVar('_Nest')


def derange(seed: tf.Tensor, source_id: tf.Tensor) -> tf.Tensor:
  """Draws a random permutation that pairs each image with a different one.

  Puts the images in a random circle in which equal ids are neighbours. The
  partner of an image lies `m` places ahead, where `m` is the count of the most
  frequent id. So no image is paired with itself or with a copy of itself if
  such a pairing exists. With distinct ids the partner is uniform over the other
  images.

  Args:
    seed: `[2]` int32 or int64.
    source_id: `[b]` int64; equal ids mean the same image.

  Returns:
    `[b]` int32, a permutation of 0..b-1.

  >>> derange(tf.constant([0, 1]), tf.constant([7, 9])).numpy()
  array([1, 0], dtype=int32)
  """
  batch = source_id.shape[0] or tf.shape(source_id)[0]
  same = source_id[:, tf.newaxis] == source_id
  keys = random.bits31(seed, [batch])
  shared = tf.reduce_min(tf.where(same, keys, tf.int32.max), axis=1)
  # Ties between different images would separate images of equal ids.
  first = tf.argmax(same, axis=1, output_type=tf.int32)
  order = tf.argsort(first, stable=True)
  order = tf.gather(order, tf.argsort(tf.gather(shared, order), stable=True))
  step = tf.reduce_max(tf.reduce_sum(tf.cast(same, tf.int32), axis=1))
  partner = tf.roll(order, -step, axis=0)
  return tf.math.unsorted_segment_max(partner, order, batch)


def take(batch: _Nest, partner: tf.Tensor) -> _Nest:
  """Puts the partner of each image in the image's place.

  Args:
    batch: nest of tensors `[b, ...]` of any dtype, such as `Scenes`.
    partner: `[b]` int32 in [0, b).

  Returns:
    The same nest; position `i` holds image `partner[i]`.

  >>> take({'image': tf.constant([5, 6])}, tf.constant([1, 0]))['image'].numpy()
  array([6, 5], dtype=int32)
  """
  return tf.nest.map_structure(lambda field: tf.gather(field, partner), batch)
