"""Records from which nothing can be learned are problems."""

import numpy as np
import serialized
import tensorflow as tf
from coco_folder import CocoFolder, label
from config_problems import problems_of

from copypaste_tf import records
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from tfrecord_tools import dataset_conversion


def write(path, counts, **changes):
  made = [
    serialized.make_record(seed, count=count, **changes)[0]
    for seed, count in enumerate(counts)
  ]
  return serialized.write(path, map(records.serialize, made))


def lines(train, val):
  return [f'TRAIN_RECORDS = "{train}"', f'EVAL_RECORDS = "{val}"']


def notes_of(params):
  resolved = gin_config.load(['smoke'], params)
  return config_checks.examine(resolved.params).notes


def renamed(path):
  record = records.serialize(serialized.make_record(1)[0])
  example = tf.train.Example.FromString(record)
  features = example.features.feature
  for key in [key for key in features if '/object/' in key]:
    features[key.replace('object', 'objects')].CopyFrom(features[key])
    del features[key]
  return serialized.write(path, [example.SerializeToString()])


def test_records_without_an_object_are_refused(tmp_path):
  full, empty = write(tmp_path / 'a', [3, 0]), write(tmp_path / 'b', [0, 0])
  none = serialized.write(tmp_path / 'c', [])
  assert problems_of(lines(full, full), data=True) == []
  (problem,) = problems_of(lines(empty, full), data=True)
  assert 'train_data.input_path: no object in the 2 records read' in problem
  (problem,) = problems_of(lines(full, none), data=True)
  assert 'validation_data.input_path: no object' in problem


def test_records_with_other_keys_are_refused_and_the_keys_named(tmp_path):
  path = renamed(tmp_path / 'a')
  problems = problems_of(lines(path, path), data=True)
  assert len(problems) == 2
  for problem in problems:
    assert 'no object' in problem
    assert "'image/objects/class/label' (image/object/class/label?)" in problem


def test_a_set_of_empty_images_may_share_a_batch(tmp_path):
  full, empty = write(tmp_path / 'a', [3, 1]), write(tmp_path / 'b', [0, 0])
  sets = [
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    'TrainData.input_path = ""',
    'one/RecordSet.share = 0.5',
    'two/RecordSet.share = 0.5',
    f'one/RecordSet.path = "{full}"',
  ]
  evaluated = f'EvalData.input_path = "{full}"'
  mixed = f'two/RecordSet.path = "{empty}"'
  assert problems_of([*sets, mixed, evaluated], data=True) == []
  (note,) = [x for x in notes_of([*sets, mixed, evaluated]) if 'no object' in x]
  assert note.startswith('task.train_data.sets.1.path: no object in the 2')
  assert note.endswith('; its images teach background only')
  both = [*sets, mixed, evaluated, f'one/RecordSet.path = "{empty}"']
  assert len(problems_of(both, data=True)) == 2


def converted(folder, name, loader='coco_json', **changes):
  settings = folder.flags(output_prefix=f'{folder.path}/{name}', num_shards=1)
  options = dataset_conversion.Options(**settings | changes)
  dataset_conversion.convert(options, loader=loader)
  return f'{folder.path}/{name}-*.tfrecord'


def sets_of(one, two):
  return [
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    'TrainData.input_path = ""',
    f'one/RecordSet.path = "{one}"',
    f'two/RecordSet.path = "{two}"',
    'one/RecordSet.share = 0.5',
    'two/RecordSet.share = 0.5',
    f'EvalData.input_path = "{one}"',
  ]


def test_images_without_labels_want_a_teacher_before_a_training(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  folder.categories = [{'id': 3, 'name': 'cat'}]
  folder.add(1, label(1))
  full = converted(folder, 'full')
  bare = converted(folder, 'bare', 'image_json')
  assert problems_of(sets_of(full, bare), data=True) == []
  (problem,) = problems_of(lines(bare, full), data=True)
  assert 'no object in the 1 record read' in problem
  assert problem.endswith(
    'they were converted without labels. A teacher labels them: python -m '
    'copypaste_tf.pseudo_label'
  )
  unlabelled = write(tmp_path / 'x-00000-of-00001.tfrecord', [0])
  (problem,) = problems_of(lines(unlabelled, full), data=True)
  assert 'teacher' not in problem


def test_sets_that_share_image_ids_are_noted(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  for number in (4, 5):
    folder.add(number, label(number, number))
  one = converted(folder, 'one')
  moved = converted(folder, 'moved', id_offset=100)

  def told(*paths):
    notes = notes_of(sets_of(*paths))
    return [note for note in notes if 'has image ids of' in note]

  assert told(one, moved) == []
  del folder.images[:]
  folder.add(5, label(5, 5), name='other.jpg')
  (note,) = told(one, converted(folder, 'two'))
  assert note.startswith('task.train_data.sets.1.path: ')
  assert "such as 5: '5.jpg' and 'other.jpg'" in note
  assert '--id_offset' in note


def test_files_that_are_no_records_are_one_line(tmp_path):
  full = write(tmp_path / 'a', [3])
  (tmp_path / 'photo.jpg').write_bytes(b'\xff\xd8' * 100)
  (tmp_path / 'folder').mkdir()
  for name in ('photo.jpg', 'folder'):
    (problem,) = problems_of(lines(tmp_path / name, full), data=True)
    assert name in problem and '\n' not in problem


def test_doubtful_data_are_noted(shapes, tmp_path):
  train, val = f'{shapes}/train-*.tfrecord', f'{shapes}/val-*.tfrecord'
  assert notes_of(lines(train, val)) == []
  (note,) = notes_of(lines(train, train))
  assert '2 of 2 files are those of task.train_data.input_path' in note
  (note,) = notes_of([*lines(train, val), 'BATCH_SIZE = 17'])
  assert '16 images are fewer than the batch of 17' in note


def test_copies_of_a_record_must_be_parted_by_the_shuffle_buffer(tmp_path):
  # One record of 40 has a class of its own: ten copies of it.
  rows = [[1, 2, 3, 4]] * 39 + [[1, 2, 3, 4, 5]]
  path = serialized.write_classes(tmp_path / 'x.tfrecord', *rows)
  repeated = [*lines(path, path), 'TrainData.repeat_threshold = 1.0']

  def told(*bindings):
    notes = notes_of([*repeated, 'BATCH_SIZE = 1', *bindings])
    return [note for note in notes if 'repeats of an image' in note]

  assert told() == []
  (note,) = told('TrainData.shuffle_buffer_size = 20')
  assert 'up to 6.32 of them' in note and 'set at least 64' in note
  assert not told(
    'TrainData.shuffle_buffer_size = 20', 'TrainData.repeat_threshold = 0.0'
  )


def test_scores_of_a_set_must_reach_its_minimum_score(tmp_path):
  full = write(tmp_path / 'a', [2, 2])
  scored = write(tmp_path / 'b', [2, 2], scores=np.float32([0.6, 0.3]))
  sets = [
    f'TRAIN_RECORDS = "{full}"',
    f'EVAL_RECORDS = "{full}"',
    'TrainData.input_path = ""',
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    'one/RecordSet.path = %TRAIN_RECORDS',
    f'two/RecordSet.path = "{scored}"',
    'RecordSet.share = 0.5',
  ]
  assert problems_of([*sets, 'two/RecordSet.min_score = 0.5'], data=True) == []
  (problem,) = problems_of([*sets, 'two/RecordSet.min_score = 0.7'], data=True)
  assert 'sets.1.path: no score of the 4 objects in 2 records' in problem
  notes = notes_of([*sets, 'RecordSet.min_score = 0.5'])
  (note,) = [x for x in notes if 'no scores' in x]
  assert 'sets.0.path: the 2 records read have no scores' in note
