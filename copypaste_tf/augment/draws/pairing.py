"""Which image of a batch each image is pasted from."""

import tensorflow as tf

from copypaste_tf.augment.draws import random


def derange(seed: tf.Tensor, source_id: tf.Tensor) -> tf.Tensor:
  """Draws a random permutation that pairs different images.

  The images are put in a random circle in which equal ids stand side by side,
  and each takes the one that stands as many places on as the most frequent id
  occurs: no image meets itself or a repetition of itself whenever such a
  pairing exists. With distinct ids the partner is uniform over the others.

  Args:
    seed: `[2]` int32.
    source_id: `[b]` int64; equal ids mean the same image.

  Returns:
    `[b]` int32, a permutation of 0..b-1.
  """
  batch = source_id.shape[0] or tf.shape(source_id)[0]
  same = source_id[:, tf.newaxis] == source_id
  keys = random.bits31(seed, [batch])
  shared = tf.reduce_min(tf.where(same, keys, tf.int32.max), axis=1)
  # Ties between different images would break a group of equal ids apart.
  first = tf.argmax(same, axis=1, output_type=tf.int32)
  order = tf.argsort(first, stable=True)
  order = tf.gather(order, tf.argsort(tf.gather(shared, order), stable=True))
  step = tf.reduce_max(tf.reduce_sum(tf.cast(same, tf.int32), axis=1))
  partner = tf.roll(order, -step, axis=0)
  return tf.math.unsorted_segment_max(partner, order, batch)
