"""Tests the reading of one COCO annotation."""

import numpy as np
import pytest
from coco_folder import label

from tfrecord_tools import coco_objects


def read(**changes):
  return coco_objects.object_entry(label(7, **changes))


def test_a_valid_annotation_becomes_an_object():
  entry = read(iscrowd=1)
  assert entry.box == (8, 10, 30, 40)
  assert (entry.category_id, entry.area, entry.id) == (3, 660, 7)
  assert entry.crowd is True
  assert (entry.difficult, entry.score) == (None, None)
  crop = entry.read_mask((60, 80))
  assert (crop.top, crop.left) == (8, 10)
  np.testing.assert_array_equal(crop.mask, np.ones((22, 30), bool))


def test_absent_values_are_none():
  entry = coco_objects.object_entry({'image_id': 1})
  assert entry == coco_objects.ObjectEntry(None, None, None)
  assert read(segmentation=[]).read_mask is None


def test_scores_and_flags_are_passed_on():
  entry = read(difficult=1, score=0.5)
  assert (entry.difficult, entry.score) == (1, 0.5)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'iscrowd': 2}, 'malformed_iscrowd: expected 0 or 1, got 2'),
    ({'iscrowd': 'no'}, "malformed_iscrowd: expected 0 or 1, got 'no'"),
    ({'bbox': [1, 2, 3]}, 'malformed_box: expected [x, y, width, height], got'),
    ({'bbox': 'none'}, 'malformed_box'),
    ({'bbox': 5}, 'malformed_box'),
  ],
)
def test_unreadable_annotations_become_unreadable_objects(changes, message):
  found = read(**changes)
  assert found.id == 7
  assert str(found.fault).startswith(message)
