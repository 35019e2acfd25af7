"""Draws the image of a batch that each image is pasted from."""

import tensorflow as tf

from copypaste_tf.augment.draws import random


def derange(seed: tf.Tensor, source_id: tf.Tensor) -> tf.Tensor:
  """Draws a random permutation that pairs different images.

  Puts the images in a random circle in which equal ids are neighbours. Each
  image takes the one that is as many places ahead as the most frequent id
  occurs. So no image is paired with itself or with a copy of itself whenever
  such a pairing exists. With distinct ids the partner is uniform over the
  other images.

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
