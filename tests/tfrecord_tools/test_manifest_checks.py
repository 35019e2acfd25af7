"""Tests the comparison of a record with a manifest."""

import numpy as np
import pytest
from random_records import make_record

from copypaste_tf.examples import Features
from tfrecord_tools import manifest_checks

RECORD = make_record(
  np.ones((3, 8, 6), bool),
  crowd=[False, False, True],
  class_names=['a', 'b', ''],
  neg_category_ids=[4],
)
MANIFEST = {
  'num_planes': 2,
  'max_instances': 3,
  'max_height': 8,
  'max_width': 6,
  'include_masks': True,
  'label_map': {'1': 'a', '2': 'b', '3': 'c', '4': 'd'},
}


def test_matching_and_empty_manifests_have_no_fault():
  assert list(manifest_checks.check(RECORD, MANIFEST)) == []
  assert list(manifest_checks.check(RECORD, {})) == []


@pytest.mark.parametrize(
  ('changes', 'field', 'detail'),
  [
    ({'num_planes': 1}, 'manifest', 'says num_planes is 1, here it is 2'),
    ({'max_instances': 2}, 'manifest', 'says max_instances is 2'),
    ({'max_height': 7}, 'manifest', 'says max_height is 7, here it is 8'),
    ({'max_width': 5}, 'manifest', 'says max_width is 5, here it is 6'),
    ({'include_masks': False}, Features.MASK, 'masks: True'),
    (
      {'label_map': {'1': 'a', '2': 'b', '4': 'd'}},
      Features.CLASS,
      '3 is not in the label map',
    ),
    (
      {'label_map': {**MANIFEST['label_map'], '2': 'x'}},
      Features.CLASS_NAME,
      "2 is 'x', not 'b'",
    ),
    (
      {'label_map': {'1': 'a', '2': 'b', '3': 'c'}},
      Features.NEG_CATEGORY_IDS,
      '[4] are not in the label map',
    ),
  ],
)
def test_each_contradiction_is_named(changes, field, detail):
  ((key, text),) = manifest_checks.check(RECORD, MANIFEST | changes)
  assert key == field and detail in text


def test_lists_of_lvis_by_feature():
  assert manifest_checks.federated(RECORD) == {
    Features.NEG_CATEGORY_IDS: [4],
    Features.NOT_EXHAUSTIVE_CATEGORY_IDS: [],
  }


def test_a_class_map_has_only_the_classes_of_the_label_map():
  class_map = np.full((8, 6), 2, np.uint8)
  class_map[0], class_map[1] = 0, 255
  record = RECORD._replace(class_map=class_map)
  assert list(manifest_checks.check(record, MANIFEST)) == []
  class_map[2] = 9
  (fault,) = manifest_checks.check(record, MANIFEST)
  assert fault == (Features.CLASS_MAP, '[9] are not in the label map')
  assert list(manifest_checks.check(record, {})) == []
