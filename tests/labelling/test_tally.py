"""Counts of shards add up, pass through JSON, and name large losses."""

import collections
import json

import numpy as np
import random_records

from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.labels import Labelled
from copypaste_tf.labelling.tally import Tally


def labelled(classes, scores, dropped=None, apart=0, size=(20, 30)):
  n = len(classes)
  record = random_records.make_record(
    np.zeros([n, *size], bool),
    classes=np.array(classes, np.int32),
    scores=np.array(scores, np.float32),
    planes=np.zeros([n, *size], np.uint8),
  )
  return Labelled(record, collections.Counter(dropped), apart)


def tally(*found):
  result = Tally()
  for one in found:
    result.record(one, counted_score=0.5, max_detections=2)
  return result


FIRST = labelled([3, 3, 1], [0.9, 0.5, 0.4], {'small_area': 2}, apart=1)
SECOND = labelled([2], [0.3], {'no_visible_pixel': 1}, size=(40, 10))


def test_records_are_counted_and_those_of_a_high_score_apart():
  one = tally(FIRST, SECOND)
  assert (one.images, one.num_examples, one.num_annotations) == (2, 2, 4)
  assert one.annotations_dropped == {'small_area': 2, 'no_visible_pixel': 1}
  assert one.record_categories == ['1:1 3:2', '2:1']
  assert one.counted == LabelCounts(2, 1, 1, {3: 2})
  assert one.largest == {
    'num_planes': 3,
    'max_instances': 3,
    'max_height': 40,
    'max_width': 30,
  }
  assert one.apart == 1


def test_tallies_add_up_and_pass_through_json():
  other = tally(SECOND)
  other.drop('undecodable_image', 'a: record 3', 'not a\nJPEG')
  total = Tally()
  for part in (tally(FIRST), other):
    total.add(Tally.from_json(json.loads(json.dumps(part.to_json()))))
  expected = tally(FIRST, SECOND)
  expected.drop('undecodable_image', 'a: record 3', 'not a\nJPEG')
  assert total == expected
  assert total.images == 3 and total.num_examples == 2
  assert total.examples['undecodable_image'][0]['detail'] == 'not a\\nJPEG'


def test_a_large_loss_of_records_is_a_problem():
  one = tally(*[SECOND._replace(dropped=collections.Counter())] * 9)
  one.drop('undecodable_image', 'a: record 3', 'not a JPEG')
  assert not one.problems(max_dropped=0.1)
  (problem,) = one.problems(max_dropped=0.09)
  assert problem.startswith(
    '1 of 10 records were left out, such as a: record 3'
  )


def test_more_lost_detections_than_labels_are_a_problem():
  assert not tally(FIRST, SECOND).problems(0.1)
  (problem,) = tally(labelled([1], [0.5], {'unknown_category': 2})).problems(0)
  assert problem.startswith("2 detections are no labels, 1 are: {'unknown_cat")
