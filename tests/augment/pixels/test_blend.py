import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment.pixels import blend


def _by_hand(alpha, sigma):
  radius = int(np.ceil(3 * sigma))
  taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
  taps /= taps.sum()
  padded = np.pad(alpha.astype(float), radius, mode='edge')
  height, width = alpha.shape
  blurred = np.zeros(alpha.shape)
  for y, x in np.ndindex(height, width):
    window = padded[y : y + 2 * radius + 1, x : x + 2 * radius + 1]
    blurred[y, x] = taps @ window @ taps
  return blurred


@pytest.mark.parametrize('sigma', [0.5, 1.0, 2.5])
def test_blending_equals_the_gaussian_filter(sigma):
  alpha = np.random.default_rng(0).random([2, 20, 17]) < 0.3
  found = blend.soften(tf.constant(alpha), sigma=sigma).numpy()
  for i in range(2):
    np.testing.assert_allclose(found[i], _by_hand(alpha[i], sigma), atol=1e-5)


def test_constant_alpha_stays_and_an_edge_becomes_soft():
  ones = tf.ones([1, 9, 9], tf.bool)
  np.testing.assert_allclose(blend.soften(ones, sigma=2.0), 1.0, atol=1e-6)
  half = np.zeros([1, 9, 20], bool)
  half[..., 10:] = True
  row = blend.soften(tf.constant(half), sigma=1.0).numpy()[0, 4]
  assert (np.diff(row) >= -1e-6).all()
  assert ((row > 0.01) & (row < 0.99)).sum() >= 4
