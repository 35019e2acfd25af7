import io

import numpy as np
import pytest
from PIL import Image

from copypaste_tf import drawing
from copypaste_tf.drawing import sheets


def grey(height, width, value=100):
  return np.full([height, width, 3], value, np.uint8)


@pytest.mark.parametrize('shape', [(1, 1, 3), (7, 5, 3), (7, 5)])
def test_png_round_trip(shape):
  image = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
  decoded = np.array(Image.open(io.BytesIO(drawing.png_bytes(image))))
  np.testing.assert_array_equal(decoded, image)


def test_tile_places_images_row_by_row():
  images = [grey(2, 3, i) for i in range(3)] + [grey(1, 1, 9)]
  sheet = drawing.tile(images, 3)
  assert sheet.shape == (4, 9, 3)
  np.testing.assert_array_equal(sheet[0, ::3, 0], [0, 1, 2])
  np.testing.assert_array_equal(sheet[2, :, 0], [9] + [255] * 8)
  assert drawing.tile([], 2).shape == (1, 1, 3)
  with pytest.raises(ValueError, match='columns'):
    drawing.tile(images, 0)


@pytest.mark.parametrize('count', [1, 2, 5])
def test_side_by_side_needs_no_gap_at_the_edges(count):
  joined = drawing.side_by_side([grey(5, 7)] * count)
  assert joined.shape == (5, 7 * count + sheets.GAP * (count - 1), 3)


def test_side_by_side_fills_below_shorter_images():
  joined = drawing.side_by_side([grey(2, 3, 1), grey(5, 1, 2)])
  assert (joined[:2, :3] == 1).all() and (joined[2:, :3] == 255).all()
  assert (joined[:, 3 + sheets.GAP] == 2).all()
