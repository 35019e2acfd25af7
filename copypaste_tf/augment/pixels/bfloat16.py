"""Images of bfloat16 as integers of the same bits.

XLA's code for CPUs turns a bfloat16 tensor into float32 and back, as a whole,
wherever a part of it is written. Of integers it moves what it must.
"""

import tensorflow as tf


def stored(dtype: tf.DType) -> tf.DType:
  """Returns the dtype in which to compile what makes images of a dtype."""
  return tf.uint16 if dtype == tf.bfloat16 else dtype


def to_bits(values: tf.Tensor) -> tf.Tensor:
  """Rounds finite float32 to the nearest bfloat16, ties to even.

  Returns:
    Its bits, uint16 of the same shape.
  """
  bits = tf.bitcast(values, tf.int32)
  odd = tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, 16), 1)
  rounded = tf.bitwise.right_shift(bits + 0x7FFF + odd, 16)
  return tf.cast(tf.bitwise.bitwise_and(rounded, 0xFFFF), tf.uint16)


def from_bits(bits: tf.Tensor) -> tf.Tensor:
  """Returns the bfloat16 values of uint16 bits."""
  return tf.bitcast(bits, tf.bfloat16)
