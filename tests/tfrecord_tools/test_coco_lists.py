"""Lists are read in every shape that has one meaning."""

import pytest

from tfrecord_tools import coco_lists

A, B = {'id': 1, 'image_id': 7}, {'id': 2, 'image_id': 8}


@pytest.mark.parametrize(
  'value',
  [
    [A, B],
    [[A], [B]],
    {'1': {'image_id': 7}, '2': {'image_id': 8}},
    {'x': A, 'y': B},
    {'7': [A], '8': [B]},
    {'id': [1, 2], 'image_id': [7, 8]},
    {'id': {'0': 1, '1': 2}, 'image_id': {'0': 7, '1': 8}},
    [{'id': [1], 'image_id': [7]}, {'id': [2], 'image_id': [8]}],
  ],
)
def test_shapes_of_a_list(value):
  found = coco_lists.elements('x.json', {'annotations': value}, 'annotations')
  assert [int(e['id']) for e in found] == [1, 2]
  assert [e['image_id'] for e in found] == [7, 8]


def test_keys_stand_for_absent_ids():
  by_image = {'annotations': {'7': [{'id': 1}]}}
  found = coco_lists.elements('x.json', by_image, 'annotations')
  assert found == [{'id': 1, 'image_id': '7'}]
  images = {'images': {'7': {'file_name': 'a'}}}
  found = coco_lists.elements('x.json', images, 'images')
  assert found == [{'id': '7', 'file_name': 'a'}]


def test_one_element_in_place_of_a_list_is_read():
  found = coco_lists.elements('x.json', {'annotations': A}, 'annotations')
  assert found == [A]


def test_lists_of_an_element_stay_where_its_scalars_are_in_lists():
  boxed = {'id': [1], 'bbox': [1, 2, 3, 4], 'segmentation': [[1, 2]]}
  (found,) = coco_lists.elements('x', {'annotations': [boxed]}, 'annotations')
  assert found == {**boxed, 'id': 1}


def test_columns_of_different_lengths_are_no_table():
  value = {'id': [1, 2], 'image_id': [7]}
  assert coco_lists.unfolded(value) is value


def test_absent_lists_are_empty():
  assert coco_lists.elements('x.json', {}, 'images') == []


@pytest.mark.parametrize('value', [5, 'x', {'a': 1}, True])
def test_other_values_are_refused(value):
  message = r'x\.json: "annotations": expected a list of objects .*, got '
  with pytest.raises(ValueError, match=message + type(value).__name__):
    coco_lists.elements('x.json', {'annotations': value}, 'annotations')
