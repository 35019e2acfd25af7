"""A format, record sets, a composition, a loss, a task and an evaluator.

Each is defined by the tests and added through its door, as docs/extending.md
says; the package is not changed. They convert, train, resume and evaluate
together.
"""

import functools
import hashlib
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tiny_run
import verbs
from average import Average, average

from copypaste_tf.augment import compositions
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.records import id_planes
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import runner
from tfrecord_tools import dataset_conversion, loaders
from tfrecord_tools.entries import Category, Dataset, ImageEntry, ObjectEntry
from tfrecord_tools.faults import Drops

STEPS = 4


# A data set format: a line of text for each box.


def rectangle(shape, box):
  top, left, bottom, right = np.array(box).round().astype(int)
  mask = np.zeros(shape, bool)
  mask[top:bottom, left:right] = True
  return id_planes.crop(mask)


def load_lines(path, *, stop):
  text = pathlib.Path(path).read_text()
  objects, images = {}, {}
  for line in text.splitlines():
    name, category, *numbers = line.split()
    box = tuple(float(x) for x in numbers)
    mask = functools.partial(rectangle, box=box)
    objects.setdefault(name, []).append(ObjectEntry(int(category), box, mask))
  for name, listed in objects.items():
    number = int(pathlib.Path(name).stem)
    images[number] = ImageEntry(number, (name,), listed)
  return Dataset(
    images,
    {i: Category(i, f'class {i}') for i in range(1, 18)},
    num_images=len(images),
    num_annotations=len(text.splitlines()),
    drops=Drops(stop=stop),
    sha256=hashlib.sha256(text.encode()).hexdigest(),
    size=len(text),
  )


# An evaluator: how far the number of detections is from 1.


class CountEvaluator(Evaluator):
  names = ('closeness', 'detections_per_image')
  headline = 'closeness'
  max_detections = 7
  output_file = 'counts.json'

  def reset(self):
    self._counts = {}

  def add(self, outputs):
    counts = (outputs['classes'] > 0).sum(axis=1)
    for source_id, count in zip(outputs['source_ids'], counts, strict=True):
      if source_id >= 0:  # Negative ids are padding of the last batch.
        self._counts[int(source_id)] = int(count)

  def parts(self):
    return [*self._counts.items()]

  def merge(self, parts):
    self._counts = dict(pair for part in parts for pair in part)

  def write(self, folder):
    path = pathlib.Path(folder) / self.output_file
    path.write_text(json.dumps(self._counts))

  def metrics(self):
    counts = np.array([*self._counts.values()])
    return {
      'closeness': -float(np.abs(counts - 1).mean()),
      'detections_per_image': float(counts.mean()),
    }


# A loss, and a task that has it and is measured by that evaluator.


class CountingTask(DetectionTask):
  name = 'counting'
  loss_names = (*DetectionTask.loss_names, 'refinement_loss')
  short_loss_names = {'total_loss': 'loss', 'refinement_loss': 'refinement'}

  def losses(self, outputs, labels, penalties):
    losses = super().losses(outputs, labels, penalties)
    refinement = tf.reduce_mean(outputs['box_outputs'] ** 2)
    losses['refinement_loss'] = refinement
    losses['total_loss'] += 0.5 * refinement
    return losses

  def evaluator(self):
    evaluator = CountEvaluator()
    evaluator.reset()
    return evaluator


@pytest.fixture(scope='module')
def doors():
  """Adds all of them, and takes them away again."""
  with pytest.MonkeyPatch.context() as patch:
    for module, name in (
      (loaders, '_LOADERS'),
      (compositions, '_COMPOSITIONS'),
      (registry, '_TASKS'),
    ):
      patch.setattr(module, name, dict(getattr(module, name)))
    loaders.register('lines', load_lines)
    compositions.register('average', Average, average)
    registry.register(CountingTask)
    yield


@pytest.fixture(scope='module')
def converted(doors, shapes, tmp_path_factory):
  """Records of two sets that have the format of this test."""
  folder = tmp_path_factory.mktemp('lines')
  for split in ('train', 'val'):
    data = json.loads((shapes / f'instances_{split}.json').read_text())
    names = {image['id']: image['file_name'] for image in data['images']}
    lines = []
    for each in data['annotations']:
      left, top, width, height = each['bbox']
      box = f'{top} {left} {top + height} {left + width}'
      lines.append(f'{names[each["image_id"]]} {each["category_id"]} {box}')
    (folder / f'{split}.txt').write_text('\n'.join(lines))
    options = dataset_conversion.Options(
      image_dir=f'{shapes}/images',
      annotations=f'{folder}/{split}.txt',
      output_prefix=f'{folder}/{split}',
      num_shards=1,
      num_workers=1,
    )
    manifest = dataset_conversion.convert(options, loader='lines')
    counts = manifest['counts']['annotations']
    assert counts['written'] == counts['in'] == len(lines)
  return folder


@pytest.fixture
def resolved(converted):
  lines = [
    *tiny_run.SMALL,
    'TrainData.num_planes = 4',
    'TrainData.source_size = (96, 96)',
    "experiment.task = 'counting'",
    'experiment.log_every = 1',
    'experiment.checkpoint_every = 2',
    f'experiment.evaluate_every = {STEPS}',
    f'schedule.train_steps = {STEPS}',
    "TrainData.input_path = ''",
    'TrainData.sets = [@boxes/RecordSet(), @more/RecordSet()]',
    f'boxes/RecordSet.path = "{converted}/train-*.tfrecord"',
    'boxes/RecordSet.share = 0.5',
    f'more/RecordSet.path = "{converted}/val-*.tfrecord"',
    'more/RecordSet.share = 0.5',
    'TrainData.copy_paste = None',
    "TrainData.composition = 'average(weight=0.75)'",
    f'EVAL_RECORDS = "{converted}/val-*.tfrecord"',
    "runtime.strategy = 'one_device'",
  ]
  return gin_config.load(['smoke'], lines)


def test_records_of_a_new_format_are_valid(converted):
  done = verbs.run_here(
    'tfrecord_tools.validate_tfrecord', f'--input={converted}/*.tfrecord'
  )
  assert '0 faults' in done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
  'resumes', [False, pytest.param(True, marks=pytest.mark.thorough)]
)
def test_all_extensions_together_train_resume_and_evaluate(
  resolved, tmp_path, capsys, resumes
):
  problems = config_checks.problems(resolved.params)
  assert not problems, problems
  results = runner.run(resolved, str(tmp_path), 'train_and_eval')
  printed = capsys.readouterr().out
  assert ' refinement ' in printed and 'evaluated: closeness' in printed
  assert results['train']['refinement_loss'] > 0
  assert results['best']['metric'] == 'closeness'
  assert (tmp_path / 'counts.json').exists()
  assert not (tmp_path / 'detections.json').exists()

  # The record names the task, the sets and the composition.
  record = str(tmp_path / 'params.yaml')
  again = gin_config.load(
    config_files=[record],
    params_override=f'trainer.train_steps={STEPS + 1}',
  )
  data = again.params.task.train_data
  assert again.params.task.name == 'counting'
  assert [each.share for each in data.sets] == [0.5, 0.5]
  assert data.composition == 'average(weight=0.75)'
  if not resumes:
    return
  longer = runner.run(again, str(tmp_path), 'train', overwrite_record=True)
  rows = [json.loads(x) for x in (tmp_path / 'history.jsonl').open()]
  assert longer['step'] == STEPS + 1
  assert [row['step'] for row in rows] == [1, 2, 3, 4, 4, 5]
