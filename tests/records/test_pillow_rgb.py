import numpy as np
import pytest
from PIL import Image

from copypaste_tf.records.pillow_rgb import rgb


def test_sixteen_bits_become_eight():
  deep = np.array([[0, 255, 256, 65535]], np.uint16)
  got = rgb(Image.fromarray(deep))
  np.testing.assert_array_equal(got[0, :, 0], [0, 0, 1, 255])
  assert got.shape == (1, 4, 3) and got.dtype == np.uint8


def test_alpha_is_dropped_and_not_blended():
  pixels = np.array([[[10, 20, 30, 0]]], np.uint8)
  np.testing.assert_array_equal(rgb(Image.fromarray(pixels)), [[[10, 20, 30]]])


def test_palettes_and_grey_become_rgb():
  grey = Image.fromarray(np.array([[7]], np.uint8))
  np.testing.assert_array_equal(rgb(grey), [[[7, 7, 7]]])
  red = Image.fromarray(np.full([1, 1, 3], [255, 0, 0], np.uint8))
  np.testing.assert_array_equal(rgb(red.convert('P')), [[[255, 0, 0]]])


def test_floating_point_is_refused():
  with pytest.raises(ValueError, match='no known range'):
    rgb(Image.fromarray(np.zeros([1, 1], np.float32)))
