import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment.engines import block_sampling
from copypaste_tf.augment.pixels.resampling import Linear, Nearest

# Of 96 rows, a block has 32.
COVERED = np.array([[1, 5], [32, 5], [33, 5]], np.int32)
FILLED = np.array([32, 32, 64])


@pytest.fixture
def pixels():
  """The nearest of 7 x 4 pixels for each of 96 x 5, all inside."""
  rng = np.random.default_rng(0)
  rows, columns = rng.integers(0, 7, [3, 96]), rng.integers(0, 4, [3, 5])
  return rows.astype(np.int32), columns.astype(np.int32)


def _expected(layers, rows, columns):
  """Reads `[3, l, 7, 4, ...]` layers in the blocks that are covered."""
  expected = np.stack(
    [x[:, r][:, :, c] for x, r, c in zip(layers, rows, columns, strict=True)]
  )
  for image, filled in zip(expected, FILLED, strict=True):
    image[:, filled:] = 0
  return expected


def test_planes_are_read_in_blocks_that_the_image_covers(pixels):
  planes = np.random.default_rng(1).integers(1, 9, [3, 2, 7, 4])
  used = np.array([[True, False], [True, True], [False, True]])
  found = block_sampling.sample_planes(
    tf.constant(planes, tf.uint8),
    *(Nearest(tf.constant(x), tf.constant(-np.ones_like(x))) for x in pixels),
    covered=tf.constant(COVERED),
    used=tf.constant(used),
  )
  expected = _expected(planes, *pixels) * used[..., None, None]
  np.testing.assert_array_equal(found, expected)


def test_images_are_read_in_blocks_that_they_cover(pixels):
  image = np.random.default_rng(1).integers(1, 256, [3, 7, 4, 3])
  zeros, ones = (
    [fill(x.shape, np.float32) for x in pixels] for fill in (np.zeros, np.ones)
  )
  found = block_sampling.sample_image(
    tf.constant(image, tf.uint8),
    *(
      Linear(*map(tf.constant, (x, x, weight, inside)))
      for x, weight, inside in zip(pixels, zeros, ones, strict=True)
    ),
    covered=tf.constant(COVERED),
    dtype=tf.float32,
    normalize=False,
  )
  np.testing.assert_array_equal(found, _expected(image[:, None], *pixels)[:, 0])
