"""Checks clipping, moving averages, micro batches and recovery of a config."""

from collections.abc import Iterator

from official.core import config_definitions as cfg

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import pipeline, record_sets
from copypaste_tf.tasks import registry

_OPTIMIZER = 'trainer.optimizer_config.'


def problems(params: cfg.ExperimentConfig) -> list[Problem]:
  """Lists problems of clipping, averages, micro batches and recovery.

  Args:
    params: the config; single values are in their ranges.
  """
  return [
    *_clipping(params),
    *_averages(params),
    *_micro_batches(params),
    *_recovery(params),
  ]


def _clipping(params) -> Iterator[Problem]:
  optimizer = params.trainer.optimizer_config.optimizer
  norm = optimizer.get().global_clipnorm
  if norm is not None and norm <= 0:
    yield Problem(
      f'{_OPTIMIZER}optimizer.{optimizer.type}.global_clipnorm',
      f'expected a norm above 0, got {norm!r}; set schedule.clip_norm = None '
      'for no clipping',
    )


def _averages(params) -> Iterator[Problem]:
  average, path = params.trainer.optimizer_config.ema, _OPTIMIZER + 'ema'
  if average is None:
    return
  if not 0 < average.average_decay < 1:
    yield Problem(
      path + '.average_decay',
      f'expected a value between 0 and 1, got {average.average_decay!r}; set '
      'schedule.ema_decay = None for no averages',
    )
  if not average.trainable_weights_only:
    yield Problem(
      path + '.trainable_weights_only',
      'expected True: the statistics of the batch normalization are moving '
      'averages already',
    )
  if params.runtime.mixed_precision_dtype == 'float16':
    yield Problem(
      path,
      "does not work with float16; set runtime.precision = 'bfloat16', or "
      'schedule.ema_decay = None',
    )


def _micro_batches(params) -> Iterator[Problem]:
  count, path = params.task.micro_batches, 'task.micro_batches'
  if count == 1:
    return
  replicas = pipeline.num_replicas(params)
  images = params.task.train_data.global_batch_size // replicas
  if images % count:
    divisor = max(n for n in range(1, count) if images % n == 0)
    yield Problem(
      path,
      f'expected a divisor of the {images} images of a replica, such as '
      f'{divisor}, got {count}',
    )
  trained, _ = record_sets.divided(params.task.train_data)
  fewest = min(round(record_set.share * images) for record_set in trained)
  if len(trained) > 1 and fewest < count:  # Batch statistics are of one part.
    yield Problem(
      path,
      f'each of {count} parts needs an image of every record set, and of the '
      f'{images} images of a replica {fewest} are of one; set at most '
      f'{max(fewest, 1)}',
    )
  if params.runtime.mixed_precision_dtype == 'float16':
    yield Problem(
      path,
      "does not work with float16; set runtime.precision = 'bfloat16', or "
      'TaskConfig.micro_batches = 1',
    )
  synchronized = registry.build(params.task).synchronized_norm
  if synchronized and replicas > 1:
    yield Problem(
      path,
      'several replicas cannot synchronize the batch normalization of '
      'micro batches; set TaskConfig.micro_batches = 1, or '
      "model.overrides = {'norm_activation': {'use_sync_bn': False}}",
    )


def _recovery(params) -> Iterator[Problem]:
  trials = params.trainer.recovery_max_trials
  if trials != -1:
    yield Problem(
      'trainer.recovery_max_trials',
      f'expected -1, got {trials}; set Divergence.max_recoveries instead',
    )
