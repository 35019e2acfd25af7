"""The verb labels records with a real model, and refuses what is wrong."""

import json
import os

import numpy as np
import pytest
import small_model
import verbs

from copypaste_tf import records
from copypaste_tf.serving import inference, prediction

VERB = 'copypaste_tf.pseudo_label'


@pytest.fixture(scope='module')
def model(tmp_path_factory):
  """A checkpoint in the folder of a run that has kept its class names."""
  folder = tmp_path_factory.mktemp('run')
  (folder / 'params.yaml').write_text('{}')
  names = {str(i): f'class {i}' for i in range(1, 18)}
  (folder / 'label_map.json').write_text(json.dumps(names))
  return small_model.checkpoint(folder)


def arguments(shapes, checkpoint, folder, *more):
  return (
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in small_model.PARAMS),
    "--gin_params=TRAIN_RECORDS = 'none'",
    "--gin_params=EVAL_RECORDS = 'none'",
    f'--checkpoint={checkpoint}',
    f'--input={shapes}/train-*.tfrecord',
    f'--output={folder}/pseudo',
    *more,
  )


@pytest.mark.slow
def test_records_are_labelled_and_only_mixed_with_their_own(
  shapes, model, tmp_path
):
  path = _inputs(shapes)[0]
  flags = arguments(
    shapes,
    model,
    tmp_path,
    f'--input={path}',
    '--max_planes=100',
    f'--coco_json={tmp_path}/labels.json',
    '--force',
  )
  done = verbs.run_here(VERB, *flags, '--min_score=0.2')
  assert done.returncode == 0, done.stderr
  made, given = (
    [record for _, _, record in records.read_records(paths)]
    for paths in (_shards(tmp_path), [path])
  )
  assert [r.image_bytes for r in made] == [r.image_bytes for r in given]
  assert min(r.scores.min(initial=1) for r in made) >= 0.2
  for record in made:
    names = [f'class {number}' for number in record.classes]
    assert record.class_names == names and record.pseudo
  content = json.loads((tmp_path / 'labels.json').read_text())
  assert len(content['annotations']) == sum(len(r.classes) for r in made) > 20
  assert f'{len(made)} images with {len(content["annotations"])}' in done.stdout
  other = verbs.run_here(VERB, *flags, '--min_score=0.3')
  assert other.returncode == 1
  assert 'was made in another way: thresholds' in other.stderr


@pytest.mark.thorough
@pytest.mark.slow
def test_labels_are_the_detections_on_the_image_files(shapes, model, tmp_path):
  flags = arguments(shapes, model, tmp_path, '--max_planes=100', '--force')
  done = verbs.run_here(VERB, *flags)
  assert done.returncode == 0, done.stderr
  files = {}
  made = [record for _, _, record in records.read_records(_shards(tmp_path))]
  for record in made:
    path = tmp_path / os.path.basename(record.filename)
    path.write_bytes(record.image_bytes)
    files[record.source_id] = str(path)
  found = prediction.predict(
    inference.Detector(small_model.params(), model),
    files,
    batch_size=4,
    skipped=pytest.fail,
  )
  for record, image in zip(made, found, strict=True):
    assert len(record.classes) <= len(image.results)
    _compare(record, image.results)
  assert sum(len(record.classes) for record in made) > 20


def _compare(record, results):
  """Finds each label among the detections."""
  rows = np.array([(*r['bbox'], r['score'], r['category_id']) for r in results])
  for i, box in enumerate(record.boxes):
    row = (*box[[1, 0]], *(box[2:] - box[:2])[::-1], record.scores[i])
    near = np.abs(rows[:, :5] - row).max(axis=1) < 0.01
    assert record.classes[i] in rows[near, 5]


def _shards(folder):
  return sorted(map(str, folder.glob('pseudo-*.tfrecord')))


def _inputs(shapes):
  return sorted(map(str, shapes.glob('train-*.tfrecord')))


REFUSED = {
  'no such input': (('--input=none-*',), "--input: no file matches 'none-*'"),
  'no name': (('--output=build/',), 'expected the beginning of names'),
  'both scores': (('--min_score=0.1', '--thresholds=a'), 'not both'),
  'worker': (('--worker=2', '--num_workers=2'), '--worker is 0 to 1 with'),
  'both shares': (('--beam_args=', '--num_workers=2'), 'give it alone'),
  'thresholds': (('--thresholds=none',), 'none'),
  'labelled': (('--labelled=none',), "--labelled: no file matches 'none'"),
}


@pytest.mark.parametrize('case', REFUSED)
def test_wrong_flags_are_refused_in_one_line(shapes, model, tmp_path, case):
  changed, message = REFUSED[case]
  done = verbs.run_here(VERB, *arguments(shapes, model, tmp_path, *changed))
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  (line,) = [x for x in done.stderr.splitlines() if x.startswith('error: ')]
  assert message in line
  assert not _shards(tmp_path)


def test_an_output_among_the_inputs_is_refused(shapes, model, tmp_path):
  flags = arguments(shapes, model, tmp_path, f'--output={shapes}/train')
  done = verbs.run_here(VERB, *flags)
  assert done.returncode == 1 and 'is among the files to label' in done.stderr


def test_a_model_without_masks_is_refused(shapes, model, tmp_path):
  change = '--params_override=task.model.include_mask=false'
  done = verbs.run_here(VERB, *arguments(shapes, model, tmp_path, change))
  assert done.returncode == 1 and 'makes no masks' in done.stderr


def test_classes_of_another_data_set_are_refused(shapes, model, tmp_path):
  # The records of the shapes have other names than the run of the checkpoint.
  flags = arguments(
    shapes, model, tmp_path, f'--label_map={shapes}/train-manifest.json'
  )
  done = verbs.run_here(VERB, *flags)
  assert done.returncode == 1
  assert 'the run of the checkpoint and --label_map: ' in done.stderr
  assert "1 is 'class 1' and 'disc'" in done.stderr


def test_more_classes_than_the_model_has_are_refused(shapes, tmp_path):
  path = tmp_path / 'names.json'
  path.write_text('{"1": "disc", "91": "late"}')
  (tmp_path / 'model.index').write_text('')
  flags = arguments(
    shapes, f'{tmp_path}/model', tmp_path, f'--label_map={path}'
  )
  done = verbs.run_here(VERB, *flags)
  assert done.returncode == 1
  assert '--label_map has the category 91, the model has 18' in done.stderr


def test_a_threshold_of_an_unknown_class_is_refused(shapes, model, tmp_path):
  path = tmp_path / 'thresholds.json'
  path.write_text('{"classes": {"1": 0.4, "95": 0.3}}')
  flags = arguments(shapes, model, tmp_path, f'--thresholds={path}')
  done = verbs.run_here(VERB, *flags)
  assert (
    done.returncode == 1
    and 'the label map has no categories [95]' in done.stderr
  )


def test_a_model_without_class_names_is_refused(shapes, tmp_path):
  (tmp_path / 'model.index').write_text('')
  flags = arguments(shapes, f'{tmp_path}/model', tmp_path)
  done = verbs.run_here(VERB, *flags)
  assert done.returncode == 1 and 'give --label_map' in done.stderr
