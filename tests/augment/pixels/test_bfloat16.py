import numpy as np
import reference
import tensorflow as tf

from copypaste_tf.augment.pixels import bfloat16


def _values():
  """Random floats of all magnitudes, ties between two bfloat16, and zeros."""
  rng = np.random.default_rng(0)
  bits = rng.integers(0, 2**31, 4096, np.uint32)
  bits = bits[(bits >> 23) < 0xFE]  # Infinite at most after rounding.
  ties = (bits & 0xFFFF0000) | 0x8000
  values = np.concatenate([bits, ties, ties + 1, ties - 1]).view(np.float32)
  return np.concatenate([values, -values, np.float32([0.0, -0.0, 1.0])])


def test_bits_equal_those_of_a_cast():
  values = tf.constant(_values())
  expected = tf.cast(values, tf.bfloat16)
  ways = list(reference.each_way(bfloat16.to_bits, values))
  assert len(ways) == 3
  for way, bits in ways:
    assert bits.dtype == np.uint16
    np.testing.assert_array_equal(
      bits, tf.bitcast(expected, tf.uint16), err_msg=way
    )
  found = bfloat16.from_bits(bfloat16.to_bits(values))
  assert found.dtype == tf.bfloat16
  np.testing.assert_array_equal(found, expected)


def test_only_bfloat16_is_stored_as_integers():
  for dtype in (tf.float32, tf.float16, tf.uint16):
    assert bfloat16.stored(dtype) == dtype
  assert bfloat16.stored(tf.bfloat16) == tf.uint16
