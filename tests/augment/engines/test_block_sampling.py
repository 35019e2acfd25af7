import numpy as np
import pytest
import reference
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


def test_planes_are_read_in_blocks_that_the_image_covers(pixels):
  planes = np.random.default_rng(1).integers(1, 9, [3, 2, 7, 4])
  used = np.array([[True, False], [True, True], [False, True]])
  found = block_sampling.sample_planes(
    tf.constant(planes, tf.uint8),
    *(Nearest(tf.constant(x), tf.constant(-np.ones_like(x))) for x in pixels),
    covered=tf.constant(COVERED),
    used=tf.constant(used),
  )
  expected = np.stack(
    [x[:, r][:, :, c] for x, r, c in zip(planes, *pixels, strict=True)]
  )
  expected *= used[..., None, None]
  for image, filled in zip(expected, FILLED, strict=True):
    image[:, filled:] = 0
  np.testing.assert_array_equal(found, expected)


def test_images_are_read_in_blocks_that_they_cover(pixels):
  rng = np.random.default_rng(1)
  image = rng.integers(1, 256, [3, 7, 4, 3]).astype(np.uint8)
  rows, columns = (
    Linear(x, x[:, ::-1], rng.random(x.shape, np.float32), np.float32(x >= 0))
    for x in pixels
  )
  found = block_sampling.sample_image(
    tf.constant(image),
    *tf.nest.map_structure(tf.constant, (rows, columns)),
    covered=tf.constant(COVERED),
    dtype=tf.float32,
    normalize=True,
  )
  expected = reference.sample_image(image, rows, columns, normalize=True)
  for canvas, filled in zip(expected, FILLED, strict=True):
    canvas[filled:] = 0
  np.testing.assert_allclose(found, expected, atol=1e-4)
