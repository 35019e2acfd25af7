"""Tests the palette of Pascal VOC and pictures of class maps."""

import io

import numpy as np
from PIL import Image

from copypaste_tf import drawing
from copypaste_tf.examples import VOID

KNOWN = {0: (0, 0, 0), 5: (128, 0, 128), 15: (192, 128, 128)}
KNOWN |= {20: (0, 64, 128), VOID: (224, 224, 192)}


def test_the_palette_is_that_of_pascal_voc():
  for number, color in KNOWN.items():
    assert drawing.palette_color(number) == color
  assert len({tuple(row) for row in drawing.palette().tolist()}) == 256


def test_a_palette_png_holds_classes_and_shows_colours():
  class_map = np.array([[0, 5, 15], [20, VOID, 1]], np.uint8)
  with Image.open(io.BytesIO(drawing.palette_png(class_map))) as image:
    assert image.mode == 'P'
    np.testing.assert_array_equal(image, class_map)
    shown = np.asarray(image.convert('RGB'))
  for number, color in KNOWN.items():
    assert tuple(shown[class_map == number][0]) == color


def test_classes_are_coloured_and_void_is_hatched_but_background_is_kept():
  image = np.full([60, 80, 3], 100, np.uint8)
  class_map = np.zeros([60, 80], np.uint8)
  class_map[40:, :40], class_map[40:, 60:] = 7, VOID
  drawn = drawing.draw_class_map(image, class_map, {7: ''})
  np.testing.assert_array_equal(drawn[:20], image[:20])
  assert (drawn[45:55, 5:20] != 100).any(axis=-1).all()
  changed = (drawn[45:55, 62:78] != 100).any(axis=-1)
  assert changed.any() and not changed.all()
  larger = drawing.draw_class_map(image, class_map, {}, scale=2)
  assert larger.shape[:2] >= (120, 160)


def test_a_name_stands_on_the_largest_region_of_its_class_without_a_box():
  image = np.full([90, 120, 3], 100, np.uint8)
  class_map = np.zeros([90, 120], np.uint8)
  class_map[2:6, 2:6] = 7
  class_map[40:60, 70:80] = class_map[60:80, 10:90] = 7
  drawn = drawing.draw_class_map(image, class_map, {7: 'x'})
  changed = (drawn != 100).any(axis=-1) & (class_map == 0)
  rows, columns = np.nonzero(changed)
  assert rows.max() == 39 and rows.min() > 20 and columns.min() == 70
  assert columns.max() < 100


def test_an_image_without_classes_is_unchanged():
  image = np.full([5, 6, 3], 9, np.uint8)
  drawn = drawing.draw_class_map(image, np.zeros([5, 6], np.uint8), {})
  np.testing.assert_array_equal(drawn, image)
