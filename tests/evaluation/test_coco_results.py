import dataclasses

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import coco_results, detection_sets, detections

POLYGON = [[1.0, 1.0, 9.0, 1.0, 9.0, 8.0]]
TRUTH = {
  'images': [{'id': 1, 'height': 10, 'width': 12}],
  'categories': [{'id': 2, 'name': 'cat'}],
}


def result(**change):
  rle = coco_mask.merge(coco_mask.frPyObjects(POLYGON, 10, 12))
  entry = {
    'image_id': 1,
    'category_id': 2,
    'bbox': [1, 1, 8, 7],
    'segmentation': rle,
    'score': 0.5,
  }
  entry = (entry | change).items()
  return [{key: value for key, value in entry if value is not None}]


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image_id': 9}, '1 image ids that the ground truth .* such as 9'),
    ({'category_id': 9}, '1 category ids .* such as 9'),
    ({'score': np.nan}, 'result 0, of image 1, has the score nan'),
    ({'score': np.inf}, 'result 0, of image 1, has the score inf'),
    ({'score': None}, "result 0 has no 'score'"),
    ({'segmentation': None}, "result 0 has no 'segmentation'"),
    ({'segmentation': POLYGON}, "'segmentation' .* must be compressed RLE"),
    ({'segmentation': {'counts': b'9'}}, "must be compressed RLE: 'size'"),
  ],
)
def test_faulty_results_are_named(change, message):
  with pytest.raises(ValueError, match=message):
    coco_results.index_results(result(**change), TRUTH, 'segm')


def test_area_of_a_mask_comes_from_the_mask():
  for count in (1, 255, 256, 600):
    found = coco_results.index_results(result() * count, TRUTH, 'segm')
    area = float(coco_mask.area(result()[0]['segmentation']))
    assert [entry['area'] for entry in found] == [area] * count
    assert [entry['id'] for entry in found] == list(range(1, count + 1))


def arrays(count=3):
  """Returns detections as arrays, and the results that they stand for."""
  rle = result()[0]['segmentation']
  text = {'size': rle['size'], 'counts': rle['counts'].decode()}
  results = result(segmentation=text) * count
  results = [r | {'score': i / 8} for i, r in enumerate(results)]
  return detections.from_results(results), results


@pytest.mark.parametrize('iou_type', ['bbox', 'segm'])
def test_arrays_give_the_same_entries_as_results(iou_type):
  entries = [coco_results.index_results(x, TRUTH, iou_type) for x in arrays()]
  assert entries[0] == entries[1] and len(entries[0]) == 3
  other = 'segmentation' if iou_type == 'bbox' else 'bbox'
  assert other not in entries[0][0], 'the other shape would cost memory'


def test_unknown_categories_may_be_left_out():
  some, _ = arrays()
  mixed = dataclasses.replace(some, category_ids=np.array([2, 9, 2]))
  with pytest.raises(ValueError, match='1 category ids .* such as 9'):
    coco_results.index_results(mixed, TRUTH, 'bbox')
  kept = coco_results.index_results(
    mixed, TRUTH, 'bbox', strict_categories=False
  )
  assert [(entry['id'], entry['score']) for entry in kept] == [
    (1, 0),
    (2, 0.25),
  ]


def test_arrays_without_masks_have_no_mask_ap():
  some, results = arrays()
  boxes = dataclasses.replace(some, counts=None, ends=None, sizes=None)
  with pytest.raises(ValueError, match="3 detections have no 'segmentation'"):
    coco_results.index_results(boxes, TRUTH, 'segm')
  none = detection_sets.concat([])
  assert coco_results.index_results(none, TRUTH, 'segm') == []


@pytest.mark.parametrize('box', [[1, 1, 8], ['x', 1, 8, 7], None, 7])
def test_a_box_of_another_form_is_refused(box):
  entry = result()[0] | {'bbox': box}
  with pytest.raises(ValueError, match=r"'bbox' of the results must be \[x, y"):
    coco_results.index_results([entry], TRUTH, 'bbox')
