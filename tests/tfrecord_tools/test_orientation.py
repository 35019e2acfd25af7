"""Pixels, masks and boxes turn upright the same way."""

import numpy as np
import pytest

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import orientation


@pytest.mark.parametrize('tag', range(1, 9))
def test_boxes_and_masks_turn_with_the_pixels(tag):
  rng = np.random.default_rng(tag)
  for _ in range(10):
    shape = tuple(rng.integers(6, 20, 2))
    top, left = rng.integers(0, 3, 2)
    rows, columns = rng.integers(1, 4, 2)
    mask = np.zeros(shape, bool)
    mask[top : top + rows, left : left + columns] = True
    mask[top, left + columns - 1] = rows == 1
    turned = orientation.turn_pixels(mask, tag)
    assert turned.shape == orientation.turn_size(shape, tag)
    box = np.array([top, left, top + rows, left + columns])
    box = orientation.turn_box(box, shape, tag)
    window = np.zeros_like(turned)
    window[box[0] : box[2], box[1] : box[3]] = True
    assert (turned <= window).all()
    assert window.sum() == rows * columns
    crop = Crop(
      int(top), int(left), mask[top : top + rows, left : left + columns]
    )
    crop = orientation.turn_crop(crop, shape, tag)
    again = np.zeros_like(turned)
    again[crop.window] = crop.mask
    np.testing.assert_array_equal(again, turned)


def test_orientations_1_to_8_are_known():
  assert [k for k in range(-1, 12) if orientation.is_known(k)] == [*range(1, 9)]
  assert orientation.turn_size((3, 5), 8) == (5, 3)
  assert orientation.turn_size((3, 5), 4) == (3, 5)
