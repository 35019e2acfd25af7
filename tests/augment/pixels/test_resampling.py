import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment.draws.jitter import Jitter
from copypaste_tf.augment.pixels import resampling


def _jitter(scaled, offset, flipped):
  return Jitter(
    scaled_size=tf.constant([scaled]),
    offset=tf.constant([offset]),
    flipped=tf.constant([flipped]),
  )


@pytest.mark.parametrize('flipped', [False, True])
def test_resampled_columns_equal_those_by_hand(flipped):
  # Three pixels shown as six, of which the canvas begins at the second.
  jitter = _jitter((2, 6), (0, 1), flipped)
  size = tf.constant([[2, 3]])
  found = resampling.linear(size, jitter, (2, 7), axis=1)
  centres = np.clip((np.arange(6) + 0.5) / 2 - 0.5, 0, 2)
  centres = (centres[::-1] if flipped else centres)[1:]
  low = np.floor(centres).astype(np.int32)
  np.testing.assert_array_equal(found.inside[0], [1] * 5 + [0] * 2)
  np.testing.assert_array_equal(found.low[0, :5], low)
  np.testing.assert_array_equal(found.high[0, :5], np.minimum(low + 1, 2))
  np.testing.assert_allclose(found.weight[0, :5], centres - low, atol=1e-6)
  nearest = resampling.nearest(size, jitter, (2, 7), axis=1)
  pixels = np.arange(6) // 2
  pixels = (pixels[::-1] if flipped else pixels)[1:]
  np.testing.assert_array_equal(nearest.pixel[0, :5], pixels)
  np.testing.assert_array_equal(nearest.inside[0], [-1] * 5 + [0] * 2)


def test_rows_are_never_mirrored():
  size = tf.constant([[4, 4]])
  plain, mirrored = (
    resampling.nearest(size, _jitter((4, 4), (0, 0), flipped), (4, 4), axis=0)
    for flipped in (False, True)
  )
  np.testing.assert_array_equal(plain.pixel, mirrored.pixel)


def test_taps_of_all_channels_are_adjacent():
  jitter = _jitter((4, 4), (0, 0), False)
  columns = resampling.linear(tf.constant([[4, 4]]), jitter, (4, 4), axis=1)
  found = resampling.of_channels(columns)
  np.testing.assert_array_equal(found.low[0], np.arange(12))
  np.testing.assert_array_equal(found.high[0], [*range(3, 12), 9, 10, 11])
