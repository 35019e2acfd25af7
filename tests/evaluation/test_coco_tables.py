import dataclasses

import numpy as np
import pytest
from random_detections import random_set

from copypaste_tf.evaluation import (
  coco_backends,
  coco_inputs,
  coco_results,
  coco_tables,
  detection_sets,
  detections,
)


def both(results, truth, iou_type):
  """Returns the tables of arrays, and of the results at once."""
  truth = coco_inputs.index_groundtruth(truth, iou_type)
  entries = coco_results.index_results(results, truth, iou_type)
  found = detections.from_results(results)
  return (
    coco_tables.compute(truth, found, iou_type),
    coco_backends.run_faster(truth, entries, iou_type),
  )


@pytest.mark.parametrize('iou_type', ['bbox', 'segm', 'boundary'])
def test_tables_of_arrays_are_those_of_results(iou_type):
  truth, results = random_set(8, detections=30)
  for table, expected in zip(*both(results, truth, iou_type), strict=True):
    np.testing.assert_array_equal(table, expected)


def test_more_than_a_hundred_detections_change_nothing():
  truth, results = random_set(9)
  cell = [r for r in results if r['image_id'] == results[0]['image_id']]
  many = results + [
    r | {'score': r['score'] / i} for i in range(2, 99) for r in cell
  ]
  for table, expected in zip(*both(many, truth, 'bbox'), strict=True):
    np.testing.assert_array_equal(table, expected)


def test_faulty_detections_are_refused():
  truth, results = random_set(3)
  found = detections.from_results(results)
  boxes = dataclasses.replace(found, counts=None, ends=None, sizes=None)
  scores = np.where(np.arange(len(found)) == 1, np.nan, found.scores)
  indexed = coco_inputs.index_groundtruth(truth, 'segm')
  for wrong, said in (
    (boxes, "detections have no 'segmentation'"),
    (dataclasses.replace(found, scores=scores), 'result 1, of image .* nan'),
    (dataclasses.replace(found, image_ids=found.image_ids + 999), 'image ids'),
    (
      dataclasses.replace(found, category_ids=found.category_ids + 99),
      'category ids',
    ),
  ):
    with pytest.raises(ValueError, match=said):
      coco_tables.compute(indexed, wrong, 'segm')
  none = detection_sets.concat([])
  assert coco_tables.compute(indexed, none, 'segm')[0].max() == 0
