"""Wrong values of a config are named, with their origin."""

import pytest
import serialized
from config_problems import problems_of

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import pipeline
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


@pytest.mark.parametrize(
  ('binding', 'expected'),
  [
    ('AnchorTargets.match_threshold = 1.5', ('match_threshold', 'in [0, 1]')),
    ('BATCH_SIZE = 0', ('global_batch_size', 'at least 1', 'BATCH_SIZE')),
    ('TrainData.augment_on = "gpu"', ('augment_on', 'device, host', "'gpu'")),
    ('IMAGE_SIZE = (100, 128)', ('input_size', 'multiples of 32')),
    ('IMAGE_SIZE = (0, 128)', ('input_size', 'multiples of 32')),
    ('schedule.warmup_steps = 4', ('warmup_steps', 'does not end')),
    ('schedule.drops = (0.9, 0.5)', ('boundaries', 'growing')),
    ('schedule.drops = (0.5, 1.5)', ('boundaries', 'growing')),
    ('runtime.precision = "bfloat"', ("did you mean 'bfloat16'",)),
    ('TrainData.dtype = "int8"', ('dtype', 'expected one of')),
    ('runtime.strategy = "miror"', ("did you mean 'mirrored'",)),
    ('CopyPaste.probability = 1.5', ('copy_paste.probability', '1.5')),
    ('CopyPaste.subset = "some"', ('copy_paste.subset', 'random')),
    ('CopyPaste.blend_sigma = -1.0', ('copy_paste.blend_sigma', '-1')),
    ('ScaleJitter.min_scale = 3.0', ('task.train_data.jitter', '3.0')),
    ('ScaleJitter.min_scale = 0.0', ('task.train_data.jitter', '0.0')),
    ('AnchorTargets.unmatched_threshold = 0.8', ('unmatched_threshold',)),
    ('TrainData.source_size = (1, 2, 3)', ('source_size', 'height and width')),
    ('model.num_classes = 1', ('num_classes', 'at least 2')),
    ('model.levels = (6, 5)', ('min_level',)),
  ],
)
def test_a_wrong_value_is_named_with_its_origin(binding, expected):
  problems = problems_of([binding])
  assert len(problems) == 1
  for text in ('--gin_params', *expected):
    assert text in problems[0]


def test_the_batch_size_is_a_multiple_of_the_replicas():
  problems = problems_of(['runtime.num_gpus = 3'], mode='train')
  assert len(problems) == 1
  assert 'multiple of the 3 replicas, got 4' in problems[0]


def test_a_given_number_of_replicas_is_used():
  params = gin_config.load(['smoke'], ['EvalData.global_batch_size = 4']).params

  def paths(replicas, mode):
    findings = config_checks.examine(
      params, mode=mode, missing_data=True, replicas=replicas
    )
    return [problem.path for problem in findings.problems]

  assert paths(4, 'train_and_eval') == []
  batches = [
    f'task.{split}_data.global_batch_size' for split in ('train', 'validation')
  ]
  assert paths(8, 'train_and_eval') == batches
  assert paths(8, 'train') == batches[:1]
  assert paths(8, 'eval') == batches[1:]


@pytest.mark.parametrize('place', ['host', 'device'])
def test_one_image_per_replica_is_enough(place):
  params = ['BATCH_SIZE = 2', 'runtime.num_gpus = 2']
  assert not problems_of([*params, f'TrainData.augment_on = "{place}"'])


def test_an_evaluation_does_not_check_the_settings_of_training():
  wrong = ['schedule.warmup_steps = 4']
  assert problems_of(wrong, mode='eval') == []
  assert len(problems_of(wrong, mode='train')) == 1


def test_all_wrong_values_are_listed():
  problems = problems_of(['TrainData.num_planes = 0', 'TrainData.dtype = "x"'])
  assert len(problems) == 2


def test_the_origin_of_a_section_is_that_of_a_value_in_it():
  resolved = gin_config.load([], ['ScaleJitter.max_scale = 1.5'])

  def origin(path):
    described = config_checks.describe(Problem(path, 'is bad'), resolved)
    return described.removesuffix(f': {path}: is bad')

  assert origin('task.train_data.jitter') == '--gin_params'
  assert origin('task.train_data.jitter.max_scale') == '--gin_params'
  assert origin('task.train_data.jitter.min_scale') == 'default'
  assert origin('task.model.anchor') == 'default'


@pytest.mark.parametrize(
  ('strategy', 'num_gpus', 'replicas'),
  [('mirrored', 3, 3), ('mirrored', 0, 1), ('one_device', -1, 1)],
)
def test_the_number_of_replicas_of_a_strategy(strategy, num_gpus, replicas):
  params = gin_config.load(
    params_override=f'runtime.num_gpus={num_gpus},'
    f'runtime.distribution_strategy={strategy}'
  ).params
  assert pipeline.num_replicas(params) == replicas


def weighed(folder):
  """Examines a training on the records of a folder, with weighed classes."""
  lines = [
    f'TRAIN_RECORDS = "{folder}/train-*.tfrecord"',
    'TaskConfig.class_balance = @ClassBalance()',
  ]
  params = gin_config.load(['smoke'], lines).params
  return config_checks.examine(params, mode='train')


def test_a_check_tells_the_weights_of_the_classes(shapes):
  problems, notes = weighed(shapes)
  assert not problems
  assert any(x.startswith('class_balance: weights of 8 classes') for x in notes)


def test_records_that_do_not_tell_their_counts_cannot_weigh_classes(
  shapes, tmp_path
):
  for path in shapes.glob('train-*.tfrecord'):
    (tmp_path / path.name).symlink_to(path)
  ((path, message),), _ = weighed(tmp_path)
  assert path == 'task.train_data.input_path'
  assert 'no manifest counts the categories' in message


def test_class_weights_of_records_need_their_manifest(tmp_path):
  path = serialized.write_classes(tmp_path / 'x.tfrecord', [1, 2])
  power = 'CopyPaste.class_weight_power = 1.0'

  def problems(path):
    params = [f'{name}_RECORDS = "{path}"' for name in ('TRAIN', 'EVAL')]
    return problems_of([*params, power], data=True)

  (problem,) = problems(path)
  assert 'task.train_data.copy_paste: ' in problem
  assert 'no manifest counts the categories' in problem
  absent = problems('absent*')
  assert len(absent) == 2
  assert all('no file matches' in problem for problem in absent)
