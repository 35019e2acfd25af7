"""Exact repetitions of an object are left out, and nothing else."""

import json

import numpy as np
import pytest
from coco_folder import CocoFolder
from conversions import convert, read

from tfrecord_tools import losses, repeated_objects

CAR = {'id': 1, 'category_id': 6, 'bbox': [1.5, 2, 3, 4], 'iscrowd': 0}


@pytest.mark.parametrize(
  ('changes', 'is_kept'),
  [
    ({}, False),
    ({'area': 99, 'isfake': 1}, False),
    ({'bbox': [1.5, 2, 3, 4.01]}, True),
    ({'category_id': 7}, True),
    ({'iscrowd': 1}, True),
    ({'segmentation': [[1, 2, 3, 4, 5, 6]]}, True),
  ],
)
def test_category_box_mask_and_crowd_must_be_the_same(changes, is_kept):
  other = {**CAR, 'id': 2, **changes}
  kept = repeated_objects.without([CAR, other, {**other, 'id': 3}])
  assert [a['id'] for a in kept] == ([1, 2] if is_kept else [1])


def test_an_annotation_without_a_place_is_no_repetition():
  bare = [{'category_id': 6, 'bbox': box} for box in (None, None, [], [])]
  assert repeated_objects.without(bare) == bare


@pytest.fixture
def objects365(tmp_path):
  """An image with boxes, in the form of Objects365's files."""
  folder = CocoFolder(tmp_path / 'data')
  folder.categories = [
    {'id': 1, 'name': ' Wild Bird '},
    {'id': 2, 'name': 'Cup'},
  ]
  folder.add(3, url='', license=5)
  boxes = [[10.5, 8.25, 30, 22], [10.5, 8.25, 30, 22], [70, 50, 20.5, 30]]
  folder.annotations = [
    {
      'id': number,
      'image_id': 3,
      'category_id': 1,
      'bbox': box,
      'area': box[2] * box[3],
      'iscrowd': 0,
      'isfake': 0,
      'isreflected': 0,
    }
    for number, box in enumerate(boxes, 1)
  ]
  return folder


def test_boxes_of_objects365_are_clipped_and_matched_by_id(objects365):
  manifest = convert(objects365, include_masks=False)
  record = read(objects365)[3]
  assert record.classes.tolist() == [1, 1, 1]
  assert manifest['label_map']['1'] == ' Wild Bird '
  np.testing.assert_allclose(record.boxes[2], [50, 70, 60, 80])
  assert manifest['notes']['clipped_boxes'] == 1


def test_repetitions_are_dropped_on_demand_and_counted(objects365):
  convert(objects365, include_masks=False)
  with pytest.raises(ValueError, match='--overwrite'):
    convert(objects365, include_masks=False, drop_repeated=True)
  manifest = convert(
    objects365,
    include_masks=False,
    drop_repeated=True,
    overwrite=True,
    on_error='fail',
  )
  assert read(objects365)[3].annotation_ids.tolist() == [1, 3]
  assert manifest['dropped']['annotations'] == {'repeated_object': 1}
  assert manifest['counts']['annotations']['dropped'] == 1
  assert not list(losses.problems(manifest, max_dropped=0.0))
  text = (objects365.path / 'out/data-manifest.json').read_text()
  assert json.loads(text)['arguments']['drop_repeated'] is True
