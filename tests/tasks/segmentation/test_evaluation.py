"""Class maps to evaluate against: read or drawn, faults by file."""

import numpy as np
import pytest
import serialized

from copypaste_tf import records
from copypaste_tf.examples import VOID
from copypaste_tf.inputs.data_config import EvalData
from copypaste_tf.records import class_maps, png
from copypaste_tf.tasks.segmentation import evaluation


def write(folder, *changes):
  made = [
    serialized.make_record(seed, crowds=1)[0]._replace(**each)
    for seed, each in enumerate(changes)
  ]
  examples = [records.serialize(record) for record in made]
  return serialized.write(folder / 'val.tfrecord', examples), made


def truth(path, source, num_classes=5):
  data = EvalData(input_path=path, class_maps=source)
  return evaluation.truth(data, num_classes)


def test_class_maps_are_read_by_image_id(tmp_path):
  maps = [np.full([30, 40], k, np.uint8) for k in (4, VOID)]
  path, made = write(tmp_path, *({'class_map': each} for each in maps))
  found = truth(path, 'encoded')
  assert [*found] == [record.source_id for record in made]
  for data, expected in zip(found.values(), maps, strict=True):
    np.testing.assert_array_equal(png.decode(data)[..., 0], expected)


def test_class_maps_are_drawn_from_objects(tmp_path):
  path, (made,) = write(tmp_path, {})
  (data,) = truth(path, 'objects').values()
  expected = class_maps.of_objects(
    made.planes, made.ids, made.classes, made.crowd
  )
  np.testing.assert_array_equal(png.decode(data)[..., 0], expected)


def test_two_records_of_one_image_id_are_refused(tmp_path):
  path, _ = write(tmp_path, {'source_id': 7}, {'source_id': 7})
  with pytest.raises(ValueError, match='record 1: another .* image id 7, too'):
    truth(path, 'objects')


@pytest.mark.parametrize(
  ('changes', 'source', 'message'),
  [
    ({}, 'encoded', 'expected a class map in .* got none'),
    (
      {'class_map': np.full([30, 40], 7, np.uint8)},
      'encoded',
      'below segmentation_model.num_classes = 5, or 255, got 7',
    ),
    (
      {'class_map': np.zeros([9, 40], np.uint8)},
      'encoded',
      r'image size \(30, 40\), got \(9, 40\)',
    ),
    ({'has_masks': False}, 'objects', 'expected masks .* got none'),
  ],
)
def test_a_record_that_does_not_fit_is_named(
  tmp_path, changes, source, message
):
  path, _ = write(tmp_path, changes)
  with pytest.raises(ValueError, match=f'val.tfrecord: record 0: .*{message}'):
    truth(path, source)
