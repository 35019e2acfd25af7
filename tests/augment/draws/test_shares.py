import math

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.draws import shares

ALL_BITS = np.arange(1 << 16, dtype=np.int32)
# The largest difference of the distributions that the table may make.
STEP = 1 / 1024


def shares_of(alpha):
  return shares.beta(tf.constant(ALL_BITS), alpha).numpy()


def semicircle(x):
  """The distribution function of Beta(1.5, 1.5), which has a closed form."""
  y = 2 * x - 1
  return 0.5 + (y * math.sqrt(1 - y * y) + math.asin(y)) / math.pi


@pytest.mark.parametrize(
  ('alpha', 'distribution'),
  [
    (1.5, semicircle),
    (1.0, lambda x: x),
    (0.5, lambda x: 2 / math.pi * math.asin(math.sqrt(x))),
    (2.0, lambda x: x * x * (3 - 2 * x)),
    (3.0, lambda x: x**3 * (10 - 15 * x + 6 * x * x)),
  ],
)
def test_shares_have_the_distribution_of_the_formula(alpha, distribution):
  found = shares_of(alpha)
  for x in np.linspace(0, 1, 101):
    assert abs((found < x).mean() - distribution(x)) < 1.1 * STEP, x


def test_the_distribution_of_the_mixup_paper_is_that_of_a_point_in_a_disc():
  rng = np.random.default_rng(0)
  u, v = rng.random([2, 200_000])
  disc = np.sort((1 + np.sqrt(u) * np.cos(2 * np.pi * v)) / 2)
  found = np.sort(shares_of(1.5))
  levels = np.linspace(0.001, 0.999, 200)
  np.testing.assert_allclose(
    np.quantile(found, levels), np.quantile(disc, levels), atol=0.004
  )
  assert found.mean(dtype=np.float64) == 0.5
  assert found.var() == pytest.approx(1 / 16, rel=1e-4)


@pytest.mark.parametrize('alpha', [*shares.ALPHAS, 0.1, 1.5, 32.0])
def test_every_alpha_gives_a_symmetric_distribution_of_its_variance(alpha):
  found = shares_of(alpha)
  assert found.min() >= 0 and found.max() <= 1
  assert (np.diff(found) >= 0).all()
  np.testing.assert_array_equal(found[::-1], 1 - found)
  # One cell of the table holds 1/1024 of the draws.
  variance = 1 / (4 * (2 * alpha + 1))
  assert found.var() == pytest.approx(variance, rel=0.03)


def test_bits_of_a_batch_are_independent_and_depend_on_the_seed():
  classes = tf.zeros([20_000, 3], tf.int32)
  drawn = shares.bits(tf.constant([1, 2]), classes)
  assert all(x.shape == [20_000] for x in drawn)
  share, mixed = (x.numpy() / 65536 for x in drawn)
  assert abs(np.corrcoef(share, mixed)[0, 1]) < 4 / math.sqrt(20_000)
  assert abs(share.mean() - 0.5) < 4 * math.sqrt(1 / 12 / 20_000)
  other = shares.bits(tf.constant([1, 3]), classes)
  assert (other.share != drawn.share).numpy().mean() > 0.99


def test_shares_are_equal_to_the_last_bit_however_they_are_computed():
  ways = reference.each_way(
    lambda bits: {'share': shares.beta(bits, 1.5)}, tf.constant(ALL_BITS)
  )
  (_, first), *others = ways
  for way, other in others:
    np.testing.assert_array_equal(first['share'], other['share'], way)
