import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.draws import random


def test_bits_agree_in_all_modes():
  def draw(seed):
    return [random.bits16(seed, [50]), random.bits31(seed, [50])]

  (_, eager), (_, data), (_, xla) = reference.each_way(
    draw, tf.constant([7, 8])
  )
  np.testing.assert_array_equal(eager, data)
  np.testing.assert_array_equal(eager, xla)


def test_bits_keep_their_ranges():
  seed = tf.constant([1, 2])
  small, large = random.bits16(seed, [9999]), random.bits31(seed, [9999])
  assert small.numpy().min() >= 0 and small.numpy().max() < 1 << 16
  assert large.numpy().min() >= 0 and large.numpy().max() > 1 << 29


def test_below_is_uniform_and_stays_below():
  bits = tf.range(1 << 16)
  counts = np.bincount(random.below(bits, 7))
  assert len(counts) == 7
  assert np.ptp(counts) <= 1
  assert random.below(bits, 32767).numpy().max() == 32766


def test_happens_is_true_at_the_exact_rate():
  bits = tf.range(1 << 16)
  for probability in (0.0, 0.25, 0.5, 1.0):
    assert random.happens(bits, probability).numpy().mean() == probability


def test_split_gives_independent_seeds():
  seeds = np.stack(random.split(tf.constant([0, 0]), 4))
  assert len({tuple(s) for s in seeds}) == 4
  with pytest.raises(ValueError, match=r'shape \[2\]'):
    random.split(tf.constant([0, 0, 0]), 2)


def test_probability_errors_name_the_knob():
  with pytest.raises(ValueError, match=r'knob must be a probability .* got -1'):
    random.check_probability('knob', -1)
