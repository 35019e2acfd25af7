"""Wrong settings of clipping, averages, micro batches and recovery."""

import pytest

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


def described_problems(*params, override=''):
  """Returns the described problems of the smoke recipe with changes."""
  resolved = gin_config.load(['smoke'], params, params_override=override)
  problems = config_checks.problems(resolved.params, missing_data=True)
  return [config_checks.describe(problem, resolved) for problem in problems]


@pytest.mark.parametrize(
  ('params', 'expected'),
  [
    (['schedule.clip_norm = 0.0'], ('global_clipnorm', 'above 0, got 0')),
    (['schedule.ema_decay = 1.0'], ('average_decay', 'between 0 and 1')),
    (
      ['schedule.ema_decay = 0.9', 'runtime.precision = "float16"'],
      ('optimizer_config.ema', 'bfloat16', 'schedule.ema_decay = None'),
    ),
    (['TaskConfig.micro_batches = 0'], ('micro_batches', 'at least 1')),
    (
      ['TaskConfig.micro_batches = 3'],
      ('micro_batches', 'divisor of the 4 images', 'such as 2, got 3'),
    ),
    (
      ['TaskConfig.micro_batches = 2', 'runtime.precision = "float16"'],
      ('micro_batches', 'bfloat16'),
    ),
    (['Divergence.max_recoveries = -1'], ('max_recoveries', 'at least 0')),
    (['Divergence.explosion_factor = -1.0'], ('explosion_factor',)),
  ],
)
def test_a_wrong_value_is_named(params, expected):
  (problem,) = described_problems(*params)
  for text in ('--gin_params', *expected):
    assert text in problem


def test_right_values_are_no_problem():
  assert not described_problems(
    'TaskConfig.micro_batches = 2',
    'schedule.clip_norm = 10.0',
    'schedule.ema_decay = 0.999',
    'Divergence.max_recoveries = 0',
    'Divergence.explosion_factor = 0.0',
  )


def test_each_micro_batch_needs_an_image_of_every_set():
  params = [
    'TrainData.input_path = ""',
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    'one/RecordSet.share = 0.75',
    'two/RecordSet.share = 0.25',
    'two/RecordSet.paste_into = False',
    'BATCH_SIZE = 16',
  ]
  assert not described_problems(*params, 'TaskConfig.micro_batches = 4')
  (problem,) = described_problems(*params, 'TaskConfig.micro_batches = 8')
  assert 'task.micro_batches: each of 8 parts' in problem
  assert 'of the 16 images of a replica 4 are of one; set at most 4' in problem


def test_micro_batches_of_replicas_cannot_synchronize():
  params = ['TaskConfig.micro_batches = 2', 'runtime.num_gpus = 2']
  assert not described_problems(*params)
  (problem,) = described_problems(
    *params, override='task.model.norm_activation.use_sync_bn=true'
  )
  assert 'micro_batches' in problem and 'use_sync_bn' in problem


def test_the_recovery_of_model_garden_is_not_used():
  (problem,) = described_problems(override='trainer.recovery_max_trials=0')
  assert 'Divergence.max_recoveries' in problem
