"""A box is read in the form that fits its mask; the mask replaces a bad one."""

import numpy as np
import pytest

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import placed_boxes
from tfrecord_tools.faults import SourceError

SHAPE = (60, 80)
MASK = Crop(20, 30, np.ones((20, 40), bool))
EMPTY = Crop(0, 0, np.zeros((0, 0), bool))


def stated(corners, crop=None, form=None):
  notes = []
  box = placed_boxes.stated(corners, crop, SHAPE, form=form, notes=notes)
  return box.tolist(), [note.name for note in notes]


def test_a_sound_box_is_kept():
  assert stated((20, 30, 40, 70), MASK) == ([20, 30, 40, 70], [])
  assert stated((20, 30, 40, 70), EMPTY) == ([20, 30, 40, 70], [])
  assert stated((-5, 30, 40, 99)) == ([0, 30, 40, 80], ['clipped_boxes'])


def test_a_box_of_another_form_is_read_by_its_mask():
  corners = (20, 30, 60, 100)  # The numbers [30, 20, 70, 40].
  expected = ([20, 30, 40, 70], ['boxes_in_another_form'])
  assert stated(corners, MASK) == expected
  assert stated(corners, None, '[x1, y1, x2, y2]') == expected


def test_a_box_that_fits_in_no_form_is_kept_and_noted():
  found = stated((0, 0, 60, 80), MASK)
  assert found == ([0, 0, 60, 80], ['boxes_unlike_masks'])


@pytest.mark.parametrize(
  ('corners', 'reason'),
  [
    (None, 'no_box'),
    ((5, 5, 4, 9), 'malformed_box'),
    ((5, 5, float('inf'), 9), 'malformed_box'),
    ((5, 5, 5, 9), 'empty_box'),
    ((60, 5, 70, 9), 'box_outside_image'),
  ],
)
def test_the_mask_gives_the_box_in_place_of_a_bad_one(corners, reason):
  with pytest.raises(SourceError) as caught:
    stated(corners)
  fault, notes = caught.value, []
  assert fault.reason == reason
  box = placed_boxes.of_mask(MASK, fault, notes)
  assert box.tolist() == [20, 30, 40, 70]
  assert notes == [('boxes_from_masks', fault.detail)]
  with pytest.raises(SourceError, match=f'{reason}.*mask has no pixel'):
    placed_boxes.of_mask(EMPTY, fault, notes)
  with pytest.raises(SourceError, match=reason):
    placed_boxes.of_mask(None, fault, notes)


@pytest.mark.parametrize('corners', [(0, 0, 0, 0), (40, 70, 20, 30)])
def test_a_box_that_the_mask_replaces_says_nothing_of_the_mask(corners):
  notes = []
  with pytest.raises(SourceError):
    placed_boxes.stated(corners, MASK, SHAPE, form=None, notes=notes)
  assert not notes
