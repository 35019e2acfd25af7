"""`check` lists the settings that belong to the data."""

import shlex

from config_problems import problems_of

from copypaste_tf.training.checks import data_checks, own_data
from copypaste_tf.training.config import gin_config


def test_the_pasted_flags_fit_the_records(shapes, shapes_params):
  params = gin_config.load(['smoke'], shapes_params).params
  data, epochs, paste = own_data.lines(params)
  facts = data_checks.gather(f'{shapes}/train-*.tfrecord')
  assert data.startswith('data: 16 images, ') and ' pixels' in data
  assert f'{len(facts.classes)} classes with ids up to ' in data
  assert '4 steps of 4 images are 1 epochs; 10 epochs are 40 steps' in epochs
  flags = shlex.split(paste.removeprefix('paste: '))
  given = [flag.removeprefix('--gin_params=') for flag in flags]
  assert problems_of(given, data=True) == []
  tasks = gin_config.load(['smoke'], given).params.task
  assert tasks.train_data.max_source_instances == facts.max_instances
  assert tasks.train_data.num_planes == facts.num_planes
  assert tasks.model.num_classes == max(facts.classes) + 1
  assert tasks.train_data.input_path == f'{shapes}/train-*.tfrecord'


def test_records_without_a_manifest_have_no_epochs(
  shapes, shapes_params, tmp_path
):
  first = min(shapes.glob('train-*.tfrecord'))
  other = tmp_path / 'loose.tfrecord'
  other.write_bytes(first.read_bytes())
  params = gin_config.load(
    ['smoke'], [*shapes_params, f'TRAIN_RECORDS = "{other}"']
  ).params
  data, paste = own_data.lines(params)
  assert ' images' not in data and 'model.num_classes' in paste
  assert 'source_size' not in paste


def test_each_of_several_sets_is_described(shapes, shapes_params):
  sets = [
    'TrainData.input_path = ""',
    'TrainData.sets = [@gold/RecordSet(), @pseudo/RecordSet()]',
    'gold/RecordSet.name = "gold"',
    'gold/RecordSet.path = %TRAIN_RECORDS',
    'gold/RecordSet.share = 0.75',
    'pseudo/RecordSet.path = %EVAL_RECORDS',
    'pseudo/RecordSet.share = 0.25',
    'pseudo/RecordSet.loss_weight = 0.5',
    'pseudo/RecordSet.min_score = 0.4',
    'pseudo/RecordSet.paste_into = False',
    'pseudo/RecordSet.pasted_from = False',
  ]
  params = gin_config.load(['smoke'], [*shapes_params, *sets]).params
  gold, pseudo = [x for x in own_data.lines(params) if x.startswith('set ')]
  objects = data_checks.data_files.manifest(f'{shapes}/train-*.tfrecord')
  mean = objects['counts']['annotations']['written'] / 16
  assert gold == (
    f'set gold: 0.75 of each batch, 16 images, {mean:.3g} objects an image, '
    'pasted into, pasted from, losses times 1.14'
  )
  assert pseudo.startswith('set 1: 0.25 of each batch, 6 images, ')
  assert pseudo.endswith(
    'an image, labels from a score of 0.4, not pasted into, not pasted from, '
    'losses times 0.571'
  )
