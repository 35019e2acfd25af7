"""Draws stateless random numbers, equal on every device and compiler.

Integers of the Philox generator agree bit for bit between eager TensorFlow,
`tf.data` and XLA; its floats do not. So every decision is made on random bits,
never on random floats.
"""

import tensorflow as tf

_RESOLUTION = 1 << 16


def split(seed: tf.Tensor, count: int) -> list[tf.Tensor]:
  """Splits a seed into independent seeds.

  Args:
    seed: `[2]` int32 or int64.
    count: number of new seeds.

  Returns:
    `count` seeds, each `[2]` of the same dtype.

  Raises:
    ValueError: if the seed has another shape.
  """
  seed = tf.convert_to_tensor(seed)
  if seed.shape != [2]:
    raise ValueError(f'A seed must have the shape [2], got {seed.shape}.')
  return tf.unstack(tf.random.split(seed, count, alg='philox'))


def bits16(seed: tf.Tensor, shape) -> tf.Tensor:
  """Draws 16 random bits per element.

  Args:
    seed: `[2]` int32 or int64.
    shape: sizes of the result.

  Returns:
    `[...]` int32 of the given shape, uniform in [0, 65536).
  """
  return tf.bitwise.bitwise_and(_bits32(seed, shape), _RESOLUTION - 1)


def bits31(seed: tf.Tensor, shape) -> tf.Tensor:
  """Draws 31 random bits per element.

  Args:
    seed: `[2]` int32 or int64.
    shape: sizes of the result.

  Returns:
    `[...]` int32 of the given shape, uniform in [0, 2**31).
  """
  return tf.bitwise.bitwise_and(_bits32(seed, shape), tf.int32.max)


def _bits32(seed, shape) -> tf.Tensor:
  return tf.random.stateless_uniform(
    shape, seed, None, None, tf.int32, alg='philox'
  )


def below(bits: tf.Tensor, limit: tf.Tensor | int) -> tf.Tensor:
  """Maps 16 bits to a uniform integer below a limit.

  Args:
    bits: `[...]` int32 in [0, 65536), see `bits16`.
    limit: `[...]` int32 that broadcasts, in [1, 32768).

  Returns:
    `[...]` int32 in [0, limit).

  >>> below(tf.constant([0, 32768, 65535]), 10).numpy()
  array([0, 5, 9], dtype=int32)
  """
  return (bits * limit) // _RESOLUTION


def happens(bits: tf.Tensor, probability: float) -> tf.Tensor:
  """Maps 16 bits to true with the given probability.

  Args:
    bits: `[...]` int32 in [0, 65536), see `bits16`.
    probability: chance of true, in [0, 1].

  Returns:
    `[...]` bool.

  >>> happens(tf.constant([0, 16383, 16384]), 0.25).numpy()
  array([ True,  True, False])
  """
  return bits < round(probability * _RESOLUTION)


def check_probability(name: str, value: float) -> None:
  """Raises ValueError unless a value lies in [0, 1].

  Args:
    name: name of the option in the message.
    value: the value to check.
  """
  if not 0 <= value <= 1:
    raise ValueError(f'{name} must be a probability in [0, 1], got {value}.')
