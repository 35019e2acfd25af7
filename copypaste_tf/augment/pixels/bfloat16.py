"""Stores bfloat16 images as integers of the same bits.

On CPUs, XLA converts a whole bfloat16 tensor to float32 and back to write a
part of it. With integers it writes that part only.
"""

import tensorflow as tf


def stored(dtype: tf.DType) -> tf.DType:
  """Returns the dtype in which compiled code should make images.

  Args:
    dtype: dtype of the images.

  Returns:
    uint16 for bfloat16, else the same dtype.
  """
  return tf.uint16 if dtype == tf.bfloat16 else dtype


def to_bits(values: tf.Tensor) -> tf.Tensor:
  """Rounds to the nearest bfloat16, ties to even, and returns its bits.

  Args:
    values: `[...]` float32, finite.

  Returns:
    `[...]` uint16, the bits of bfloat16.

  >>> hex(to_bits(tf.constant(1.0)).numpy())
  '0x3f80'
  """
  bits = tf.bitcast(values, tf.int32)
  odd = tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, 16), 1)
  rounded = tf.bitwise.right_shift(bits + 0x7FFF + odd, 16)
  return tf.cast(tf.bitwise.bitwise_and(rounded, 0xFFFF), tf.uint16)


def from_bits(bits: tf.Tensor) -> tf.Tensor:
  """Inverts `to_bits`.

  Args:
    bits: `[...]` uint16, the bits of bfloat16.

  Returns:
    `[...]` bfloat16.
  """
  return tf.bitcast(bits, tf.bfloat16)
