"""Records without objects are noticed, and their unknown features named."""

import numpy as np
import pytest
import serialized

from copypaste_tf import records
from copypaste_tf.records import features, record_features


def renamed(record, old='image/object/', new='image/objects/'):
  example = features.load(records.serialize(record))
  for key in [key for key in example if key.startswith(old)]:
    example[key.replace(old, new)].CopyFrom(example[key])
    del example[key]
  return example


def test_records_of_ours_have_objects_and_no_unknown_feature():
  survey = record_features.Survey()
  for seed in range(2):
    record, _, _ = serialized.make_record(seed, count=3)
    survey.add(features.load(records.serialize(record)))
  assert (survey.records, survey.objects) == (2, 6)
  assert survey.fault() is None and survey.note() is None


def test_other_keys_are_named_with_the_nearest_known_ones():
  survey = record_features.Survey()
  survey.add(renamed(serialized.make_record(1)[0]))
  fault = survey.fault()
  assert 'no object in the 1 record read' in fault
  assert "'image/objects/class/label' (image/object/class/label?)" in fault
  assert survey.unknown['image/objects/bbox/xmin'] == 1


def test_one_object_is_enough_but_unknown_features_stay_named():
  survey = record_features.Survey()
  survey.add(features.load(records.serialize(serialized.make_record(1)[0])))
  survey.add({'weather\n': None} | dict(features.load(b'')))
  assert survey.fault() is None
  assert survey.note() == "unknown features, which are not read: 'weather\\n'"


def test_objects_below_the_minimum_score_are_no_labels():
  scores = np.array([0.2, np.nan, 0.45], np.float32)
  example = features.load(
    records.serialize(serialized.make_record(1, count=3, scores=scores)[0])
  )
  some, none = (record_features.Survey(least) for least in (0.4, 0.5))
  for survey in (some, none):
    survey.add(example)
  assert some.objects == 1 and some.fault() is None
  assert none.fault() == (
    'no score of the 3 objects in 1 record read is at least '
    'min_score = 0.5; the highest is 0.45'
  )


def test_no_record_has_no_object():
  assert 'no object' in record_features.Survey().fault()


def empty_files(folder, count, per_file, last=None):
  blank = records.serialize(serialized.make_record(0, count=0)[0])
  paths = []
  for number in range(count):
    written = [blank] * per_file
    if last and number == count - 1:
      written[-1] = records.serialize(last)
    paths.append(serialized.write(folder / f'{number}.tfrecord', written))
  return paths


def test_a_sample_looks_into_all_files_for_an_object(tmp_path):
  record = serialized.make_record(1, count=2)[0]
  paths = empty_files(tmp_path, 3, 20, record)
  survey = record_features.sample(paths)
  assert (survey.records, survey.objects) == (60, 2)


def test_a_sample_ends_soon_where_objects_are_frequent(tmp_path):
  record = records.serialize(serialized.make_record(1, count=2)[0])
  path = serialized.write(tmp_path / 'x', [record] * 100)
  assert record_features.sample([path]).records == record_features._ENOUGH


def test_a_sample_without_objects_is_bounded(tmp_path, monkeypatch):
  monkeypatch.setattr(record_features, '_MOST_RECORDS', 12)
  monkeypatch.setattr(record_features, '_MOST_FILES', 4)
  paths = empty_files(tmp_path, 8, 5)
  assert record_features.sample(paths).records == 4 * 3
  monkeypatch.setattr(record_features, '_MOST_BYTES', 0)
  assert record_features.sample(paths).records == 1


def test_the_fault_of_a_record_names_file_and_record(tmp_path):
  path = serialized.write(tmp_path / 'x', [b'\xff\xff'])
  with pytest.raises(ValueError, match='x: record 0: expected a tf.train'):
    record_features.sample([path])
