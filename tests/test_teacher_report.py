"""The labels of a teacher are judged before, and after, they are made."""

import json

import numpy as np
import pytest
import serialized
import small_model
import verbs

from copypaste_tf import records
from copypaste_tf.labelling import thresholds
from copypaste_tf.records import files

LABELLED = 'val-*.tfrecord'


def report(shapes, folder, *arguments, inputs=None):
  return verbs.run_here(
    'copypaste_tf.pseudo_label',
    '--gin_file=smoke',
    f'--gin_params=TRAIN_RECORDS="{shapes}/train-*.tfrecord"',
    f'--gin_params=EVAL_RECORDS="{shapes}/{LABELLED}"',
    *(f'--gin_params={line}' for line in small_model.PARAMS),
    f'--input={inputs or shapes / LABELLED}',
    f'--report={folder}',
    *arguments,
  )


def read(folder):
  return json.loads((folder / 'quality.json').read_text())


def relabelled(shapes, path, change, pattern=LABELLED):
  """Writes labelled records as if a model had made their labels."""
  made = []
  found = records.read_records(files.expand(str(shapes / pattern)))
  for number, (_, _, record) in enumerate(found):
    scores = np.linspace(0.9, 0.6, len(record.classes), dtype=np.float32)
    record = record._replace(scores=scores, pseudo=True)
    made.append(records.serialize(change(number, record)))
  return serialized.write(path, made)


def same(number, record):
  return record


def test_labels_like_those_of_persons_are_all_right(shapes, tmp_path):
  made = relabelled(shapes, tmp_path / 'made', same)
  done = report(shapes, tmp_path / 'out', f'--labels={made}')
  assert done.returncode == 0 and done.stderr == '', done.stderr
  found = read(tmp_path / 'out')
  row = found['chosen']['row']
  assert {*row['precision'].values(), *row['recall'].values()} == {1.0}
  assert row['labels'] == found['judged']['labels'] > 0
  assert found['rows'][13]['recall']['0.5'] < 1  # At 0.7.
  assert found['conditions']['labels'] == made
  assert 'checkpoint' not in found['conditions']  # No model has run.
  assert '100.0 % of the labels are right' in done.stdout
  assert f'written: {tmp_path}/out/quality.md' in done.stdout
  loaded = thresholds.load(tmp_path / 'out' / 'thresholds.json')
  assert loaded == thresholds.Thresholds()


def wrong_classes(number, record):
  return record._replace(classes=record.classes % 3 + 1)


def test_classes_in_another_order_end_with_1_and_force_does_not(
  shapes, tmp_path
):
  made = relabelled(shapes, tmp_path / 'made', wrong_classes)
  done = report(shapes, tmp_path / 'out', f'--labels={made}')
  assert done.returncode == 1
  assert 'error: 0% of the labels on labelled images are right' in done.stderr
  assert '100% of the others are on an object of another class' in done.stderr
  assert (tmp_path / 'out' / 'quality.svg').exists()
  done = report(shapes, tmp_path / 'out', f'--labels={made}', '--force')
  assert done.returncode == 0 and 'note: 0% of the labels' in done.stderr


def no_labels(number, record):
  none = {
    name: getattr(record, name)[:0]
    for name in ('boxes', 'classes', 'class_names', 'areas', 'crowd', 'ids')
  }
  return record._replace(
    **none,
    annotation_ids=record.annotation_ids[:0],
    scores=record.scores[:0],
    planes=record.planes[:0],
  )


def test_a_teacher_without_a_label_is_refused(shapes, tmp_path):
  made = relabelled(shapes, tmp_path / 'made', no_labels)
  done = report(shapes, tmp_path / 'out', f'--labels={made}')
  assert done.returncode == 1 and 'no label in' in done.stderr
  assert read(tmp_path / 'out')['chosen']['row']['precision']['0.5'] is None


def test_thresholds_match_the_frequency_of_each_class(shapes, tmp_path):
  labels = relabelled(shapes, tmp_path / 'labels', same)
  unlabelled = relabelled(
    shapes, tmp_path / 'unlabelled', same, 'train-*.tfrecord'
  )
  done = report(
    shapes,
    tmp_path / 'out',
    f'--labels={labels}',
    f'--unlabelled={unlabelled}',
    '--match_frequency',
  )
  assert done.returncode == 0, done.stderr
  found = read(tmp_path / 'out')
  chosen = thresholds.load(tmp_path / 'out' / 'thresholds.json')
  assert chosen.as_dict()['classes'] == found['chosen']['classes'] != {}
  # The unlabelled images are the labelled ones, so all labels are kept.
  for one in found['classes'].values():
    assert one['unlabelled_per_image'] == one['labelled_per_image']
  assert '(8 classes have their own)' in done.stdout
  again = report(
    shapes,
    tmp_path / 'again',
    f'--labels={labels}',
    f'--thresholds={tmp_path}/out/thresholds.json',
  )
  assert again.returncode == 0, again.stderr
  assert (
    read(tmp_path / 'again')['chosen']['classes']
    == (found['chosen']['classes'])
  )


def test_images_that_trained_the_model_are_noted(shapes, tmp_path):
  made = relabelled(shapes, tmp_path / 'made', same, 'train-*.tfrecord')
  done = report(
    shapes,
    tmp_path / 'out',
    f'--labels={made}',
    inputs=shapes / 'train-*.tfrecord',
  )
  assert 'are among the training records of the recipe' in done.stderr


def first_only(number, record):
  return record._replace(source_id=record.source_id if not number else -number)


@pytest.mark.parametrize(
  ('arguments', 'words'),
  [
    (['--output=x'], 'give --report or --output'),
    (['--match_frequency'], '--match_frequency needs --unlabelled'),
    (
      ['--match_frequency', '--unlabelled=x', '--thresholds=x'],
      'give one of --thresholds, --match_frequency and --counted_score',
    ),
    (['--labels=absent-*'], "--labels: no file matches 'absent-*'"),
    (['--labels={val}'], 'expected records of pseudo_label'),
    (['--labels={part}'], 'labelled images are not there, such as'),
    (['--input={whole}'], 'give these as --labels'),
    (['--labels={whole}', '--unlabelled=absent-*'], '--unlabelled: no file'),
    (['--labels={whole}', '--unlabelled={whole},{val}'], 'files of one kind'),
    (['--labels={whole}', '--thresholds=absent'], 'absent'),
    (
      ['--labels={whole}', '--min_score=0.6'],
      '--min_score=0.6: expected at most 0.5',
    ),
  ],
)
def test_a_mistake_is_one_line(shapes, tmp_path, arguments, words):
  places = {
    'val': shapes / LABELLED,
    'whole': relabelled(shapes, tmp_path / 'whole', same),
    'part': relabelled(shapes, tmp_path / 'part', first_only),
  }
  done = report(
    shapes, tmp_path / 'out', *(a.format(**places) for a in arguments)
  )
  assert done.returncode and words in done.stderr, done.stderr
  assert 'Traceback' not in done.stderr


def test_records_of_other_classes_are_refused(shapes, tmp_path):
  made = relabelled(shapes, tmp_path / 'made', same)
  names = tmp_path / 'names.json'
  names.write_text(json.dumps({str(i): f'thing {i}' for i in range(1, 9)}))
  arguments = f'--labels={made}', f'--label_map={names}', f'--labelled={made}'
  done = report(shapes, tmp_path / 'out', *arguments)
  assert done.returncode == 1
  assert 'error: --label_map and --input: the classes of' in done.stderr


def test_images_without_a_label_cannot_judge(shapes, tmp_path):
  empty = serialized.write(
    tmp_path / 'empty',
    [records.serialize(serialized.make_record(1, count=0)[0])],
  )
  done = report(shapes, tmp_path / 'out', inputs=empty)
  assert '1 images without a label' in done.stderr and done.returncode == 1


@pytest.mark.thorough  # `test_known_images` compares small ones.
def test_a_report_judges_the_labels_that_would_be_written(shapes, tmp_path):
  checkpoint = f'--checkpoint={small_model.checkpoint(tmp_path)}'
  scores = ['--counted_score=0.2', '--min_score=0.1', '--force']
  done = report(
    shapes,
    tmp_path / 'out',
    checkpoint,
    f'--unlabelled={shapes / LABELLED}',
    *scores,
  )
  assert done.returncode == 0, done.stderr
  found = read(tmp_path / 'out')
  assert found['chosen']['row']['labels'] > 0
  assert (
    found['chosen']['row']['unlabelled']
    == (found['chosen']['row']['per_image'])
  )
  made = verbs.run_here(
    'copypaste_tf.pseudo_label',
    '--gin_file=smoke',
    f'--gin_params=TRAIN_RECORDS="{shapes}/train-*.tfrecord"',
    f'--gin_params=EVAL_RECORDS="{shapes}/{LABELLED}"',
    *(f'--gin_params={line}' for line in small_model.PARAMS),
    checkpoint,
    f'--input={shapes / LABELLED}',
    f'--output={tmp_path}/made',
    *scores,
  )
  assert made.returncode == 0, made.stderr
  labels = f'{tmp_path}/made-*.tfrecord'
  done = report(
    shapes,
    tmp_path / 'again',
    f'--labels={labels}',
    f'--unlabelled={labels}',
    *scores,
  )
  assert done.returncode == 0, done.stderr
  again = read(tmp_path / 'again')
  changed = {key for key in found if found[key] != again[key]}
  assert changed == {'conditions'}
