"""Tests class maps: of objects, in records, and what is refused."""

import numpy as np
import pytest
from random_records import make_record, random_masks

from copypaste_tf import records
from copypaste_tf.examples import VOID, Features
from copypaste_tf.records import class_maps, png
from copypaste_tf.records import features as example_features


def record_with(class_map):
  masks = random_masks(np.random.default_rng(0), 3, 12, 15)
  return make_record(masks)._replace(class_map=class_map)


@pytest.mark.parametrize('seed', range(6))
def test_later_objects_cover_earlier_ones_and_crowds_cover_none(seed):
  rng = np.random.default_rng(seed)
  masks = random_masks(rng, 12, 30, 25)
  crowd = rng.random(12) < 0.3
  record = make_record(masks, crowd)
  expected = np.zeros([30, 25], np.uint8)
  for mask in masks[crowd]:
    expected[mask] = VOID
  for mask, category in zip(masks[~crowd], record.classes[~crowd], strict=True):
    expected[mask] = category
  made = class_maps.of_objects(
    record.planes, record.ids, record.classes, record.crowd
  )
  np.testing.assert_array_equal(made, expected)
  assert made.dtype == np.uint8 and len(np.unique(made)) > 2


def test_an_image_without_objects_is_background():
  made = class_maps.of_objects(
    np.zeros([0, 2, 3], np.uint8), *np.zeros([3, 0], int)
  )
  np.testing.assert_array_equal(made, np.zeros([2, 3]))


def test_a_category_that_is_the_void_is_refused():
  masks = random_masks(np.random.default_rng(0), 1, 5, 5)
  record = make_record(masks)
  with pytest.raises(ValueError, match='up to 254, got 255'):
    class_maps.of_objects(
      record.planes, record.ids, np.array([255]), record.crowd
    )


def test_a_record_keeps_its_class_map():
  class_map = np.arange(180, dtype=np.uint8).reshape(12, 15)
  class_map[0] = VOID
  parsed = records.parse(records.serialize(record_with(class_map)))
  np.testing.assert_array_equal(parsed.class_map, class_map)
  assert records.parse(records.serialize(record_with(None))).class_map is None


@pytest.mark.parametrize(
  ('data', 'message'),
  [
    (b'nothing', 'expected a PNG'),
    (png.encode(np.zeros([15, 12], np.uint8)), r'image size \(12, 15\), got'),
  ],
)
def test_a_class_map_that_does_not_fit_is_named(data, message):
  serialized = records.serialize(record_with(np.zeros([12, 15], np.uint8)))
  features = example_features.load(serialized)
  features[Features.CLASS_MAP].bytes_list.value[0] = data
  with pytest.raises(ValueError, match=message) as caught:
    class_maps.read(features, (12, 15))
  assert Features.CLASS_MAP in str(caught.value)
