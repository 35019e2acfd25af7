"""Tests of pasting one canvas over another, block by block."""

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.engines import block_pasting
from copypaste_tf.examples import SOURCE


def _alpha(rng, boxes, height, width):
  """Returns pixels within boxes, `[b, h, w]` bool."""
  alpha = np.zeros([len(boxes), height, width], bool)
  for image, of_image in enumerate(boxes):
    for top, left, bottom, right in of_image:
      alpha[image, top:bottom, left:right] = True
  return alpha & (rng.random(alpha.shape) < 0.6)


def _boxes(rng, batch, height, width):
  """Returns two boxes for each image, some at the edges, some empty."""
  ends = np.sort(rng.integers(0, [height + 1, width + 1], [batch, 2, 2, 2]), 2)
  boxes = ends.reshape([batch, 2, 4]).astype(np.int32)
  boxes[0] = [[0, 0, 1, 1], [height - 1, width - 1, height, width]]
  boxes[1] = 0
  return boxes


PARTNERS = [[1, 2, 3, 0], [2, 0, 3, 1], [1, 0, 3, 2], [3, 1, 0, 2]]


@pytest.mark.parametrize('compiled', [False, True])
@pytest.mark.parametrize('height', [7, 128])
@pytest.mark.parametrize(
  ('dtype', 'layers', 'channels'),
  [
    (np.uint8, 3, []),
    (np.uint8, 1, [2]),
    (np.uint16, 1, [3]),
    (np.float32, 1, [3]),
  ],
)
def test_pasted_pixels_come_from_the_source(
  height, dtype, layers, channels, compiled
):
  rng = np.random.default_rng(0)
  write_over, write_within = (
    tf.function(f, jit_compile=compiled)
    for f in (block_pasting.write_over, block_pasting.write_within)
  )
  for partner in PARTNERS:
    images = rng.integers(0, 256, [4, layers, height, 5, *channels])
    images = images.astype(dtype)
    boxes = _boxes(rng, 4, height, 5)
    alpha = _alpha(rng, boxes, height, 5)
    reached = block_pasting.reached_blocks(
      tf.constant(boxes), height, 8
    ).numpy()
    wanted = reached[:, None] & (rng.random([4, layers, 1]) < 0.7)
    rows = height // reached.shape[1]
    written = alpha[:, None] & np.repeat(wanted, rows, axis=2)[..., None]
    written = written.reshape([*written.shape, *[1] * len(channels)])
    sources = images[partner]
    owners = reference.owners(alpha)
    expected = np.where(written, sources, images)
    np.testing.assert_array_equal(
      write_over(*map(tf.constant, (owners, sources, images, wanted))), expected
    )
    np.testing.assert_array_equal(
      write_within(*map(tf.constant, (owners, images, partner, wanted))),
      expected,
    )


def test_blocks_that_hold_a_part_of_a_box_are_reached():
  boxes = tf.constant([[[7, 0, 9, 3], [40, 1, 41, 2]], [[0] * 4] * 2])
  found = block_pasting.reached_blocks(boxes, 128, 8)
  np.testing.assert_array_equal(np.flatnonzero(found[0]), [0, 1, 5])
  assert not np.any(found[1])


def test_an_image_can_be_its_own_partner():
  images = tf.range(16, dtype=tf.float32)
  images = tf.reshape(images, [2, 1, 4, 2, 1])
  owners = tf.fill([2, 4, 2], tf.constant(SOURCE, tf.uint8))
  wanted = tf.ones([2, 1, 1], tf.bool)
  found = block_pasting.write_within(
    owners, images, tf.constant([0, 1]), wanted
  )
  np.testing.assert_array_equal(found, images)
