"""Addresses of instances, and the definition of a mask."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf import instance_ids


def test_address_splits_plane_and_value():
  ids = np.array([0, 1, 255, 257, 3 * 256 + 9])
  for given in (ids, tf.constant(ids)):
    plane, value = instance_ids.address(given)
    np.testing.assert_array_equal(plane, [0, 0, 0, 1, 3])
    np.testing.assert_array_equal(value, [0, 1, 255, 1, 9])


@pytest.mark.parametrize('convert', [np.asarray, tf.constant])
def test_a_mask_is_where_the_value_is_and_the_image_owns_the_pixel(convert):
  pixels = np.array([0, 7, 7, 7, 8, 7], np.uint8)
  owners = np.array([1, 1, 2, 3, 1, 0], np.uint8)
  for ident, pasted, expected in (
    (256 + 7, False, [0, 1, 0, 1, 0, 0]),
    (256 + 7, True, [0, 0, 1, 1, 0, 0]),
    (8, False, [0, 0, 0, 0, 1, 0]),
    (0, False, [0] * 6),
  ):
    ids = np.array([ident], np.int32)
    arguments = (pixels, ids, owners, np.array([pasted]))
    mask = instance_ids.in_mask(*map(convert, arguments))
    np.testing.assert_array_equal(mask, np.array(expected, bool))
    alone = instance_ids.in_mask(*map(convert, arguments[:2]))
    np.testing.assert_array_equal(alone, (pixels == ident % 256) & (ident > 0))
