"""Fields of a record, each by itself; `test_records` has their faults."""

import numpy as np
import pytest
import serialized

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.records import features as example_features
from copypaste_tf.records import fields


def load(record, *dropped):
  data = serialized.without(records.serialize(record), *dropped)
  return example_features.load(data)


@pytest.fixture
def record():
  result, _, _ = serialized.make_record(3, size=(20, 30), count=5, crowds=2)
  return result


def test_each_field_is_read(record):
  features, shape = load(record), (20, 30)
  assert fields.shape(features) == shape
  assert fields.source_id(features) == 1003
  np.testing.assert_array_equal(fields.classes(features), record.classes)
  boxes = fields.boxes(features, 5, shape)
  assert boxes.dtype == np.float32
  np.testing.assert_allclose(boxes, record.boxes, rtol=1e-6)
  areas = fields.areas(features, boxes)
  np.testing.assert_array_equal(areas, record.areas)


def test_areas_default_to_the_areas_of_the_boxes(record):
  boxes = np.array([[1, 2, 4, 7], [5, 5, 3, 9]], np.float32)
  areas = fields.areas(load(record, Features.AREA), boxes)
  assert areas.tolist() == [15, 0]


@pytest.mark.parametrize('dropped', [(), (Features.PLANES, Features.IDS)])
def test_planes_are_read_or_built_from_the_mask_pngs(record, dropped):
  features = load(record, *dropped)
  planes, ids = fields.planes(features, record.crowd, (20, 30))
  np.testing.assert_array_equal(planes, record.planes)
  np.testing.assert_array_equal(ids, record.ids)
  assert (planes.dtype, ids.dtype) == (np.uint8, np.int32)


def test_a_record_without_masks_has_empty_planes(record):
  features = load(record, Features.PLANES, Features.IDS, Features.MASK)
  planes, ids = fields.planes(features, record.crowd, (20, 30))
  assert planes.shape == (0, 20, 30)
  assert ids.tolist() == [0] * 5


def test_an_empty_image_of_another_writer_counts_as_having_masks(record):
  ours = (Features.PLANES, Features.IDS, Features.MASK)
  assert fields.has_masks(load(record, Features.PLANES), 5)
  assert not fields.has_masks(load(record, *ours), 5)
  assert not fields.has_masks(load(record, *ours), 0)
  assert fields.has_masks(load(record, *ours, Features.SCHEMA), 0)
  assert not fields.has_masks(load(record, *ours, Features.SCHEMA), 5)
