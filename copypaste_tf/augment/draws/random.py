"""Stateless draws that are the same on every device and under every compiler.

Philox integers agree bit for bit between eager TensorFlow, `tf.data` and XLA;
its floats do not. So every decision is made on 16 random bits.
"""

import tensorflow as tf

_RESOLUTION = 1 << 16


def split(seed: tf.Tensor, count: int) -> list[tf.Tensor]:
  """Splits a `[2]` int32 or int64 seed into `count` independent ones."""
  seed = tf.convert_to_tensor(seed)
  if seed.shape != [2]:
    raise ValueError(f'A seed has shape [2], got {seed.shape}.')
  return tf.unstack(tf.random.split(seed, count, alg='philox'))


def bits16(seed: tf.Tensor, shape) -> tf.Tensor:
  """Returns int32 of the given shape, uniform in [0, 65536)."""
  bits = tf.random.stateless_uniform(
    shape, seed, None, None, tf.int32, alg='philox'
  )
  return tf.bitwise.bitwise_and(bits, _RESOLUTION - 1)


def bits31(seed: tf.Tensor, shape) -> tf.Tensor:
  """Returns int32 of the given shape, uniform in [0, 2**31)."""
  bits = tf.random.stateless_uniform(
    shape, seed, None, None, tf.int32, alg='philox'
  )
  return tf.bitwise.bitwise_and(bits, tf.int32.max)


def below(bits: tf.Tensor, limit) -> tf.Tensor:
  """Maps 16 bits to an integer uniform in [0, limit), `limit` < 32768."""
  return (bits * limit) // _RESOLUTION


def happens(bits: tf.Tensor, probability: float) -> tf.Tensor:
  """Maps 16 bits to bool, true with the given probability."""
  return bits < round(probability * _RESOLUTION)


def check_probability(name: str, value: float):
  """Raises ValueError unless `value` lies in [0, 1]; `name` says where."""
  if not 0 <= value <= 1:
    raise ValueError(f'{name} is a probability in [0, 1], got {value}.')
