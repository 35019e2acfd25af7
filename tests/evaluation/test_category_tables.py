import collections

import numpy as np
import pytest
from random_detections import random_set

from copypaste_tf.evaluation import (
  category_tables,
  coco_backends,
  coco_inputs,
  coco_results,
)


@pytest.mark.parametrize('iou_type', ['bbox', 'segm'])
@pytest.mark.parametrize('limits', [(1, 10, 100), (3,)])
def test_tables_are_those_of_everything_at_once(iou_type, limits):
  groundtruth, results = random_set(7, detections=30)
  groundtruth['categories'].reverse()
  truth = coco_inputs.index_groundtruth(groundtruth, iou_type)
  entries = coco_results.index_results(results, truth, iou_type)
  groups = [collections.defaultdict(list) for _ in '12']
  for group, listed in zip(
    groups, (truth['annotations'], entries), strict=True
  ):
    for entry in listed:
      group[entry['category_id']].append(entry)
  empty = groups[0].pop(groundtruth['categories'][0]['id'])
  truth['annotations'] = [a for a in truth['annotations'] if a not in empty]
  expected = coco_backends.run_faster(truth, entries, iou_type, limits)
  found = category_tables.run(
    {image['id']: image for image in truth['images']},
    truth['categories'],
    groups[0],
    lambda category: groups[1][category],
    iou_type,
    limits,
  )
  for table, other in zip(found, expected, strict=True):
    np.testing.assert_array_equal(table, other)
