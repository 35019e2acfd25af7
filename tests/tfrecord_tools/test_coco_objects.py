"""Tests the reading of one COCO annotation."""

import numpy as np
import pytest
from coco_folder import label

from tfrecord_tools import coco_objects

NOTATION = 'boxes_in_another_notation'


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


@pytest.mark.parametrize(
  ('changes', 'field', 'value', 'note'),
  [
    ({'category_id': 3.0}, 'category_id', 3, 'ids_read_as_integers'),
    ({'category_id': ' 3 '}, 'category_id', 3, 'ids_read_as_integers'),
    ({'id': '7.0'}, 'id', 7, 'ids_read_as_integers'),
    ({'id': 2**70}, 'id', str(2**70), 'annotation_ids_left_out'),
    ({'id': [1]}, 'id', '[1]', 'annotation_ids_left_out'),
    ({'area': -5}, 'area', None, 'unreadable_areas'),
    ({'area': 'large'}, 'area', None, 'unreadable_areas'),
    ({'area': '12.5'}, 'area', 12.5, None),
    ({'area': ''}, 'area', None, None),
    (
      {'bbox': '10,8,30,22'},
      'box',
      (8, 10, 30, 40),
      'boxes_in_another_notation',
    ),
    (
      {'bbox': ['10', '8', 30, 22.0]},
      'box',
      (8, 10, 30, 40),
      ('boxes_in_another_notation'),
    ),
    ({'bbox': [1, 2, 3]}, 'box', None, 'unreadable_boxes'),
    ({'bbox': []}, 'box', None, None),
    ({'iscrowd': True}, 'crowd', True, None),
    ({'iscrowd': '1'}, 'crowd', True, 'flags_in_another_notation'),
    ({'iscrowd': 'no'}, 'crowd', False, 'flags_in_another_notation'),
    ({'iscrowd': -1}, 'crowd', False, 'flags_in_another_notation'),
    ({'iscrowd': ''}, 'crowd', False, 'flags_in_another_notation'),
    ({'score': '0.5'}, 'score', 0.5, None),
    ({'score': 95}, 'score', None, 'unreadable_scores_left_out'),
    ({'difficult': 'true'}, 'difficult', True, None),
    ({'difficult': 7}, 'difficult', None, 'unreadable_difficult_left_out'),
  ],
)
def test_other_notations_are_read_and_noted(changes, field, value, note):
  entry = read(**changes)
  assert getattr(entry, field) == value
  assert [found.name for found in entry.notes] == ([note] if note else [])


def test_an_unknown_category_is_not_taken_for_a_renumbered_one():
  numbers = {0: 1, 1: 2}
  known = coco_objects.object_entry(label(1, category_id=1), numbers)
  unknown = coco_objects.object_entry(label(1, category_id=2), numbers)
  assert (known.category_id, unknown.category_id) == (2, '2')


def test_scores_and_flags_are_passed_on():
  entry = read(difficult=1, score=0.5)
  assert (entry.difficult, entry.score) == (1, 0.5)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'iscrowd': 2}, 'malformed_iscrowd: expected 0 or 1, got 2'),
    ({'iscrowd': 'x'}, "malformed_iscrowd: expected 0 or 1, got 'x'"),
    (
      {'bbox': [1, 2, 3], 'segmentation': None},
      'malformed_box: expected [x, y, width, height], got',
    ),
    ({'bbox': 5, 'segmentation': []}, 'malformed_box'),
  ],
)
def test_unreadable_annotations_become_unreadable_objects(changes, message):
  found = read(**changes)
  assert found.id == 7
  assert str(found.fault).startswith(message)
