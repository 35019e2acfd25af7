"""Tests of pasting one canvas over another."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment import compose


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
@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_takes_the_sources_pixels(height, dtype, compiled):
  rng = np.random.default_rng(0)
  paste, paste_within = (
    tf.function(f, jit_compile=compiled)
    for f in (compose.paste, compose.paste_within)
  )
  for partner in PARTNERS:
    images = rng.integers(0, 256, [4, height, 5, 2]).astype(dtype)
    boxes = _boxes(rng, 4, height, 5)
    alpha = _alpha(rng, boxes, height, 5)
    sources = images[partner]
    expected = np.where(alpha[..., np.newaxis], sources, images)
    np.testing.assert_array_equal(
      paste(*map(tf.constant, (alpha, sources, images, boxes))), expected
    )
    np.testing.assert_array_equal(
      paste_within(*map(tf.constant, (alpha, images, partner, boxes))), expected
    )


def test_an_image_can_be_its_own_partner():
  images = tf.range(16, dtype=tf.float32)
  images = tf.reshape(images, [2, 4, 2, 1])
  boxes = tf.tile([[[0, 0, 4, 2]]], [2, 1, 1])
  alpha = tf.ones([2, 4, 2], tf.bool)
  found = compose.paste_within(alpha, images, tf.constant([0, 1]), boxes)
  np.testing.assert_array_equal(found, images)
