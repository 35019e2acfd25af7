"""Repeated annotation ids are told apart by their objects."""

import pytest

from tfrecord_tools import annotation_ids
from tfrecord_tools.faults import SourceError


def label(number, image=1, box=(1, 2, 3, 4)):
  return {'id': number, 'image_id': image, 'bbox': list(box)}


def distinct(*elements):
  ids = annotation_ids.Ids(elements)
  return [ids.distinct(element) for element in elements], ids


def test_own_ids_are_kept():
  elements = [label(1), label(2), label('x'), {'image_id': 1}, {'image_id': 1}]
  found, ids = distinct(*elements)
  assert all(a is b for a, b in zip(found, elements, strict=True))
  assert ids.renumbered == 0


def test_another_object_or_image_gets_a_new_id():
  first, second, third = label(7), label(7, image=2), label('7', box=[9] * 4)
  found, ids = distinct(first, second, third, label(20))
  assert [element['id'] for element in found] == [7, 21, 22, 20]
  assert ids.renumbered == 2 and second['id'] == 7


def test_the_same_object_is_a_duplicate():
  ids = annotation_ids.Ids([label(7), label(7.0)])
  ids.distinct(label(7))
  with pytest.raises(SourceError, match='duplicate_annotation_id: 7'):
    ids.distinct(label(7.0))


def test_no_id_is_left_beyond_the_largest():
  found, _ = distinct(label(2**63 - 1), label(2**63 - 1, image=2))
  assert [element['id'] for element in found] == [2**63 - 1, None]


def test_lists_that_are_nested_too_deep_are_named():
  deep = []
  for _ in range(5000):
    deep = [deep]
  elements = [label(1), {**label(1), 'bbox': deep}]
  ids = annotation_ids.Ids(elements)
  ids.distinct(elements[0])
  with pytest.raises(SourceError, match='nested too deep'):
    ids.distinct(elements[1])
