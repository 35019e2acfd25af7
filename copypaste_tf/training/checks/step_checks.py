"""What can not be of an optimizer step, and of when it counts as divergence."""

from collections.abc import Iterator

from official.core import config_definitions as cfg

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import pipeline
from copypaste_tf.tasks import registry

_OPTIMIZER = 'trainer.optimizer_config.'


def problems(params: cfg.ExperimentConfig) -> list[Problem]:
  """Lists what is wrong with clipping, averages, micro batches and recovery.

  Args:
    params: the config, each of its values in its range.
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
      'to clip nothing',
    )


def _averages(params) -> Iterator[Problem]:
  average, path = params.trainer.optimizer_config.ema, _OPTIMIZER + 'ema'
  if average is None:
    return
  if not 0 < average.average_decay < 1:
    yield Problem(
      path + '.average_decay',
      f'expected a value between 0 and 1, got {average.average_decay!r}; set '
      'schedule.ema_decay = None to keep no averages',
    )
  if not average.trainable_weights_only:
    yield Problem(
      path + '.trainable_weights_only',
      'the statistics of the batch normalization are moving averages already; '
      'leave true',
    )
  if params.runtime.mixed_precision_dtype == 'float16':
    yield Problem(
      path,
      "cannot be with float16; set runtime.precision = 'bfloat16', or "
      'schedule.ema_decay = None',
    )


def _micro_batches(params) -> Iterator[Problem]:
  parts, path = params.task.micro_batches, 'task.micro_batches'
  if parts == 1:
    return
  replicas = pipeline.num_replicas(params)
  each = params.task.train_data.global_batch_size // replicas
  if each % parts:
    fitting = max(n for n in range(1, parts) if each % n == 0)
    yield Problem(
      path,
      f'expected a divisor of the {each} images of a replica, got {parts}, '
      f'which {fitting} would be',
    )
  if params.runtime.mixed_precision_dtype == 'float16':
    yield Problem(
      path,
      "cannot be with float16; set runtime.precision = 'bfloat16', or 1",
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
