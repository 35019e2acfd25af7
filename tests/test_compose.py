"""Tests of pasting one canvas over another."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment import compose


@pytest.mark.parametrize('height', [7, 256])
@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
@pytest.mark.parametrize('partner', [None, [2, 0, 1]])
def test_takes_the_partners_pixels(height, dtype, partner):
  rng = np.random.default_rng(0)
  pixels = rng.integers(0, 256, [2, 3, height, 5, 2]).astype(dtype)
  alpha = rng.random([3, height, 5]) < 0.3
  alpha[1, : height // 2] = False
  pasted = compose.paste(tf.constant(alpha), *pixels, partner)
  sources = pixels[0] if partner is None else pixels[0][partner]
  expected = np.where(alpha[..., np.newaxis], sources, pixels[1])
  np.testing.assert_array_equal(pasted, expected)
