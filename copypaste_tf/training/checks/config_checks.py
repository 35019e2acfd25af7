"""Checks a config before a run starts: single values, then combinations.

Each problem names the value at fault; `describe` adds the origin of the value.
Each option class of the augmentation has a `check` of its own.
"""

from collections.abc import Iterator

from official.core import config_definitions as cfg

from copypaste_tf.config import config_types
from copypaste_tf.config.config_types import Problem, Range, nearest
from copypaste_tf.inputs import pipeline
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.config import BaseConfig
from copypaste_tf.training.checks import (
  augmentation_checks,
  checkpoint_checks,
  class_map_checks,
  data_checks,
  service_checks,
  set_checks,
  trainer_checks,
)
from copypaste_tf.training.checks.object_checks import Findings
from copypaste_tf.training.config.gin_config import Resolved

STRATEGIES = ('mirrored', 'multi_worker_mirrored', 'off', 'one_device', 'tpu')
PRECISIONS = ('bfloat16', 'float16', 'float32')
DTYPES = ('bfloat16', 'float32')
PLACES = ('device', 'host')

_TRAIN = 'task.train_data.'
_SGD = 'trainer.optimizer_config.'


_RANGES = {
  _TRAIN + 'global_batch_size': Range(1),
  _TRAIN + 'max_ignored': Range(1),
  _TRAIN + 'max_instances': Range(1),
  _TRAIN + 'max_source_instances': Range(1),
  _TRAIN + 'num_planes': Range(1),
  _TRAIN + 'shuffle_buffer_size': Range(1),
  _TRAIN + 'cycle_length': Range(1),
  _TRAIN + 'prefetch_mib': Range(1),
  'task.validation_data.global_batch_size': Range(1),
  'task.panels_every': Range(0),
  'task.micro_batches': Range(1),
  'task.divergence.explosion_factor': Range(0),
  'task.divergence.max_recoveries': Range(0),
  'trainer.train_steps': Range(1),
  'trainer.steps_per_loop': Range(1),
  'trainer.checkpoint_interval': Range(1),
  'trainer.validation_interval': Range(1),
  'trainer.max_to_keep': Range(1),
  'trainer.continuous_eval_timeout': Range(1),
  'runtime.num_gpus': Range(-1),
  _SGD + 'optimizer.sgd.momentum': Range(0, 1),
  _SGD + 'warmup.linear.warmup_steps': Range(0),
  _SGD + 'warmup.linear.warmup_learning_rate': Range(0),
}
_CHOICES = {
  'runtime.distribution_strategy': STRATEGIES,
  'runtime.mixed_precision_dtype': PRECISIONS,
  _TRAIN + 'augment_on': PLACES,
  _TRAIN + 'dtype': DTYPES,
  'task.validation_data.dtype': DTYPES,
}


def problems(
  params: cfg.ExperimentConfig,
  *,
  mode: str = 'train_and_eval',
  missing_data: bool = False,
  initialises: bool = True,
) -> list[Problem]:
  """Lists all problems of a config; the arguments are those of `examine`."""
  return examine(
    params, mode=mode, missing_data=missing_data, initialises=initialises
  ).problems


def examine(
  params: cfg.ExperimentConfig,
  *,
  mode: str = 'train_and_eval',
  missing_data: bool = False,
  replicas: int | None = None,
  initialises: bool = True,
) -> Findings:
  """Finds all problems of a config, and what may be a mistake.

  Args:
    params: the config.
    mode: mode of the run; `train` needs the training data, `eval` the
      validation data.
    missing_data: accept that files do not exist.
    replicas: number of replicas that share the batch; None computes it from the
      config and the GPUs.
    initialises: the model starts from `init_checkpoint`, so it must exist;
      False for a run that resumes, and where no model is built.

  Returns:
    The problems and notes. Combinations are checked only if all single values
    are valid.
  """
  listed = value_problems(params)
  if listed:
    return Findings(listed, [])
  leaves = config_types.flatten(params.as_dict())
  listed += registry.build(params.task).checks()
  listed += class_map_checks.problems(params.task)
  if 'train' in mode:
    listed += _schedule(params, leaves)
    listed += service_checks.problems(params.task.train_data)
    listed += set_checks.problems(
      params.task.train_data, replicas or pipeline.num_replicas(params)
    )
    listed += trainer_checks.problems(params)
    listed += augmentation_checks.problems(params.task.train_data)
    if initialises and not missing_data:
      listed += checkpoint_checks.missing(params.task)
  listed += _batches(params, mode, replicas or pipeline.num_replicas(params))
  findings = data_checks.examine(params, mode, missing_data)
  listed, notes = listed + findings.problems, findings.notes
  if 'train' in mode and not (missing_data or listed):
    of_task = _of_task(params.task)
    listed, notes = listed + of_task.problems, notes + of_task.notes
  return Findings(listed, notes)


def describe(problem: Problem, resolved: Resolved) -> str:
  """Formats a problem as `origin: path: message`.

  Args:
    problem: a problem of the config.
    resolved: the config with the origins of its values.
  """
  origin = resolved.origins.get(problem.path)
  if origin is None:  # The path is a section of the config, such as the jitter.
    set_values = [
      value_origin
      for path, value_origin in resolved.origins.items()
      if path.startswith(problem.path + '.') and value_origin != 'default'
    ]
    origin = set_values[0] if set_values else 'default'
  return f'{origin}: {problem.path}: {problem.message}'


def value_problems(params: cfg.ExperimentConfig) -> list[Problem]:
  """Lists the single values of a config that are outside their ranges."""
  ranges = {**_RANGES, **registry.build(params.task).ranges}
  return [*_value_problems(config_types.flatten(params.as_dict()), ranges)]


def _value_problems(leaves, ranges) -> Iterator[Problem]:
  for path, bounds in ranges.items():
    if path in leaves and leaves[path] not in bounds:
      yield Problem(path, f'expected a value {bounds}, got {leaves[path]!r}')
  for path, choices in _CHOICES.items():
    if leaves.get(path) not in choices:
      yield Problem(
        path,
        f'expected one of {", ".join(choices)}, got {leaves[path]!r}'
        f'{nearest(str(leaves[path]), choices)}',
      )
  path = _TRAIN + 'source_size'
  if len(leaves[path]) != 2 or min(leaves[path]) < 1:
    yield Problem(path, f'expected height and width, got {leaves[path]!r}')


def _schedule(params, leaves) -> Iterator[Problem]:
  steps = params.trainer.train_steps
  warmup = leaves.get(_SGD + 'warmup.linear.warmup_steps', 0)
  if warmup >= steps:
    yield Problem(
      _SGD + 'warmup.linear.warmup_steps',
      f'the warm-up of {warmup} steps does not end before the training of '
      f'{steps}; lower schedule.warmup_steps',
    )
  path = _SGD + 'learning_rate.stepwise.boundaries'
  drops = leaves.get(path) or []
  if list(drops) != sorted(set(drops)) or not all(
    0 < d <= steps for d in drops
  ):
    yield Problem(
      path, f'expected growing steps in [1, {steps}], got {list(drops)}'
    )
  if params.trainer.summary_interval % params.trainer.steps_per_loop:
    yield Problem(
      'trainer.summary_interval',
      f'expected a multiple of steps_per_loop '
      f'{params.trainer.steps_per_loop}, got {params.trainer.summary_interval}',
    )


def _batches(params, mode, replicas) -> Iterator[Problem]:
  """Finds batch sizes that are not a multiple of the number of replicas."""
  for field, needed_by in (
    ('train_data', 'train'),
    ('validation_data', 'eval'),
  ):
    batch = getattr(params.task, field).global_batch_size
    if needed_by in mode and batch % replicas:
      yield Problem(
        f'task.{field}.global_batch_size',
        f'expected a multiple of the {replicas} replicas, got {batch}',
      )


def _of_task(task: BaseConfig) -> Findings:
  """Lets the task look at its training records."""
  try:
    return Findings([], registry.build(task).notes())
  except (ValueError, FileNotFoundError) as error:
    return Findings([Problem(_TRAIN + 'input_path', str(error))], [])
