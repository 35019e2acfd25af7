import numpy as np
import pytest

from copypaste_tf.records.voc_xml import VocObject
from tfrecord_tools import voc_masks
from tfrecord_tools.entries import ObjectEntry

IDS = {'cat': 1, 'dog': 2}
CAT = VocObject('cat', (10, 8, 40, 30), True)


def maps(*boxes, shape=(40, 60)):
  """Draws (number, class, left, top, right, bottom); returns both maps."""
  regions, classes = np.zeros((2, *shape), np.uint8)
  for number, category, left, top, right, bottom in boxes:
    regions[top:bottom, left:right] = number
    classes[top:bottom, left:right] = category
  return regions, classes


def read(drawn, *listed):
  return voc_masks.read(*drawn, listed, path='a.png', category_ids=IDS)


def test_a_mask_takes_box_and_flag_of_the_listed_object_around_it():
  (found,) = read(maps((3, 1, 11, 9, 39, 29)), CAT)
  assert found.category_id == 1 and found.box == (8, 10, 30, 40)
  assert found.difficult is True and found.area == 28 * 20
  crop = found.read_mask((40, 60))
  assert (crop.top, crop.left, crop.mask.shape) == (9, 11, (20, 28))


def test_numbers_and_order_need_not_agree_but_the_classes_must():
  drawn = maps((5, 1, 11, 9, 39, 29), (7, 2, 45, 5, 55, 15))
  dog = VocObject('dog', (44, 4, 56, 16), False)
  cat, other = read(drawn, dog, CAT)
  assert (cat.category_id, cat.difficult) == (1, True)
  assert (other.category_id, other.box) == (2, (4, 44, 16, 56))
  elsewhere = dog._replace(name='cat')
  cat, other, lost = read(drawn, elsewhere, CAT)
  assert cat.difficult and other.difficult is None
  assert other.box == (5, 45, 15, 55)  # The mask's own.
  assert lost.fault.reason == 'no_mask'


def test_of_two_objects_around_a_mask_it_takes_the_one_that_it_fills_most():
  near = VocObject('cat', (12, 10, 38, 28), False)
  mask, lost = read(maps((1, 1, 12, 10, 38, 28)), CAT, near)
  assert mask.difficult is False and mask.box == (10, 12, 28, 38)
  assert 'cat with the box (8, 10, 30, 40)' in lost.fault.detail


def test_a_small_visible_part_keeps_a_box_of_its_own():
  (found,) = read(maps((1, 1, 11, 9, 14, 12)), CAT)
  assert found.difficult is True and found.box == (9, 11, 12, 14)


@pytest.mark.parametrize('void_in', [0, 1])
def test_void_pixels_belong_to_nobody(void_in):
  drawn = maps((1, 1, 11, 9, 39, 29))
  drawn[void_in][9, 11:39] = 255
  (found,) = read(drawn)
  assert found.read_mask((40, 60)).mask.shape == (19, 28)


@pytest.mark.parametrize('pixels', [0, 2, 255])
def test_an_object_of_no_class_or_of_two_is_a_fault(pixels):
  drawn = maps((4, 1, 11, 9, 39, 29))
  rows = slice(9, 29 if pixels == 255 else 12)
  drawn[1][rows, 11:39] = pixels
  (found,) = read(drawn)
  assert not isinstance(found, ObjectEntry)
  assert found.fault.reason == 'object_without_one_class'
  assert found.id == 'a.png: object 4'


def test_an_image_without_objects_has_no_entries():
  assert read(maps()) == []
