"""Defines the flags that select and change a config.

In this order, later settings override earlier ones: Python defaults,
--gin_file, --gin_params, --config_file, --params_override, --strategy and the
other flags of the runtime.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

if TYPE_CHECKING:  # The help of a verb does not wait for TensorFlow.
  from copypaste_tf.config.config_types import Problem
  from copypaste_tf.training.config import gin_config

# Help texts of the flags that set a field of the runtime.
_RUNTIME_TEXTS = {
  'strategy': (
    'Devices: `one_device` (a GPU or the CPU), `mirrored` (all GPUs of this '
    'machine), `multi_worker_mirrored` (the GPUs of several machines, see '
    '--worker_hosts), `tpu` (see --tpu) or `off`. Sets '
    'runtime.distribution_strategy.'
  ),
  'tpu': (
    'TPU for --strategy=tpu: `local` on a TPU VM, otherwise the name of the '
    'TPU or grpc://HOST:PORT. Sets runtime.tpu.'
  ),
  'worker_hosts': (
    'HOST:PORT of every worker for --strategy=multi_worker_mirrored, separated '
    'by commas; the same on all workers. Sets runtime.worker_hosts. TF_CONFIG '
    'may be set instead.'
  ),
}
RUNTIME = (*_RUNTIME_TEXTS, 'task_index')


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags; a verb calls this once."""
  flags.DEFINE_multi_string(
    'gin_file',
    [],
    'Recipe: a path or a name such as `smoke`. May be repeated.',
    flag_values=flag_values,
  )
  flags.DEFINE_multi_string(
    'gin_params',
    [],
    'A line of gin, such as `schedule.train_steps=100`. May be repeated.',
    flag_values=flag_values,
  )
  flags.DEFINE_multi_string(
    'config_file',
    [],
    'YAML file with values of the config, such as params.yaml of a run. May be '
    'repeated.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'params_override',
    '',
    'Values of the config as YAML, JSON, a file, or as in '
    '`trainer.train_steps=100,task.panels_every=0`.',
    flag_values=flag_values,
  )
  for name, text in _RUNTIME_TEXTS.items():
    flags.DEFINE_string(name, None, text, flag_values=flag_values)
  flags.DEFINE_integer(
    'task_index',
    None,
    'Index of this worker in --worker_hosts; 0 is the chief. Sets '
    'runtime.task_index.',
    flag_values=flag_values,
  )


def load(
  flag_values: flags.FlagValues = flags.FLAGS,
  *,
  record: Sequence[str] = (),
  values: Mapping[str, tuple[str, Any]] | None = None,
) -> 'gin_config.Resolved':
  """Resolves the config of the flags.

  Args:
    flag_values: the parsed flags.
    record: YAML files, read before those of --config_file.
    values: (flag, value) by config path, from a verb's own flags.
  """
  from copypaste_tf.training.config import gin_config

  by_path = dict(values or {})
  for name in RUNTIME:
    if flag_values[name].value is not None:
      field = 'distribution_strategy' if name == 'strategy' else name
      by_path[f'runtime.{field}'] = (f'--{name}', flag_values[name].value)
  return gin_config.load(
    flag_values.gin_file,
    flag_values.gin_params,
    [*record, *flag_values.config_file],
    flag_values.params_override,
    by_path,
  )


def refuse(
  problems: Sequence['Problem'], resolved: 'gin_config.Resolved'
) -> None:
  """Raises an error that describes the problems of a config, if it has any.

  Args:
    problems: the results of `config_checks`.
    resolved: the config, which knows the origin of each value.

  Raises:
    ValueError: there are problems; the message has a line for each.
  """
  if problems:
    from copypaste_tf.training.checks import config_checks

    messages = [config_checks.describe(p, resolved) for p in problems]
    raise ValueError('\n'.join(messages))
