"""Clipping, averages, micro batches, recovery: what can not be is told."""

import pytest

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


def found(*params, override=''):
  """Returns the described problems of the smoke recipe with changes."""
  resolved = gin_config.load(['smoke'], params, params_override=override)
  problems = config_checks.problems(resolved.params, missing_data=True)
  return [config_checks.describe(problem, resolved) for problem in problems]


@pytest.mark.parametrize(
  ('params', 'parts'),
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
      ('micro_batches', 'divisor of the 4 images', 'got 3', '2 would be'),
    ),
    (
      ['TaskConfig.micro_batches = 2', 'runtime.precision = "float16"'],
      ('micro_batches', 'bfloat16'),
    ),
    (['Divergence.max_recoveries = -1'], ('max_recoveries', 'at least 0')),
    (['Divergence.explosion_factor = -1.0'], ('explosion_factor',)),
  ],
)
def test_a_wrong_value_is_named(params, parts):
  (problem,) = found(*params)
  for part in ('--gin_params', *parts):
    assert part in problem


def test_what_is_right_is_no_problem():
  assert not found(
    'TaskConfig.micro_batches = 2',
    'schedule.clip_norm = 10.0',
    'schedule.ema_decay = 0.999',
    'Divergence.max_recoveries = 0',
    'Divergence.explosion_factor = 0.0',
  )


def test_micro_batches_of_replicas_synchronize_nothing():
  params = ['TaskConfig.micro_batches = 2', 'runtime.num_gpus = 2']
  assert not found(*params)
  (problem,) = found(
    *params, override='task.model.norm_activation.use_sync_bn=true'
  )
  assert 'micro_batches' in problem and 'use_sync_bn' in problem


def test_the_recovery_of_model_garden_is_not_used():
  (problem,) = found(override='trainer.recovery_max_trials=0')
  assert 'Divergence.max_recoveries' in problem
