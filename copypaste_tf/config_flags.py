"""Flags that several verbs share: which config, and where its values come from.

Precedence, lowest first: Python defaults, --gin_file, --gin_params,
--config_file, --params_override, --strategy and the flags beside it.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
from absl import app, flags, logging

from copypaste_tf.training.config import gin_config

# Flags that set a value of the runtime, and what they say of themselves.
_RUNTIME = {
  'strategy': (
    'What computes: `one_device` (a GPU or the CPU), `mirrored` (all GPUs of '
    'this machine), `multi_worker_mirrored` (those of several, see '
    '--worker_hosts), `tpu` (see --tpu) or `off`; sets '
    'runtime.distribution_strategy.'
  ),
  'tpu': (
    'The TPU of --strategy=tpu: `local` on its own virtual machine, else its '
    'name or grpc://HOST:PORT; sets runtime.tpu.'
  ),
  'worker_hosts': (
    'HOST:PORT of every worker of --strategy=multi_worker_mirrored, separated '
    'by commas, the same for all; sets runtime.worker_hosts. Or set TF_CONFIG.'
  ),
}


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags; a verb calls this once, in its own module."""
  flags.DEFINE_multi_string(
    'gin_file',
    [],
    'Recipe: a path, or a name such as `smoke`. May be repeated.',
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
    'YAML that overrides, such as the params.yaml of a run. May be repeated.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'params_override',
    '',
    'YAML, JSON, a file, or `trainer.train_steps=100,task.panels_every=0`.',
    flag_values=flag_values,
  )
  for name, text in _RUNTIME.items():
    flags.DEFINE_string(name, None, text, flag_values=flag_values)
  flags.DEFINE_integer(
    'task_index',
    None,
    'Position of this worker in --worker_hosts, from 0, which is the chief; '
    'sets runtime.task_index.',
    flag_values=flag_values,
  )


def load(
  flag_values: flags.FlagValues = flags.FLAGS,
  *,
  record: Sequence[str] = (),
  values: Mapping[str, tuple[str, Any]] | None = None,
) -> gin_config.Resolved:
  """Resolves the config that the flags describe.

  Args:
    flag_values: the parsed flags.
    record: YAML files to read before those of --config_file.
    values: `{dotted path: (flag, value)}` of a verb's own flags.
  """
  own = dict(values or {})
  for name in (*_RUNTIME, 'task_index'):
    if flag_values[name].value is not None:
      field = 'distribution_strategy' if name == 'strategy' else name
      own[f'runtime.{field}'] = (f'--{name}', flag_values[name].value)
  return gin_config.load(
    flag_values.gin_file,
    flag_values.gin_params,
    [*record, *flag_values.config_file],
    flag_values.params_override,
    own,
  )


def run(main: Callable[[list[str]], None], argv: list[str] | None) -> None:
  """Runs a verb; what the user can mend is a message, not a traceback.

  Args:
    main: of the verb.
    argv: command line; the process's own by default.
  """

  def guarded(arguments: list[str]) -> None:
    # Model Garden and TensorFlow log at INFO unless they are told otherwise.
    verbose = flags.FLAGS['verbosity'].present
    if not verbose:
      logging.set_verbosity(logging.WARNING)
      tf.get_logger().setLevel('WARNING')
    try:
      main(arguments)
    except (ValueError, FileNotFoundError) as error:
      if verbose:
        raise
      sys.exit('\n'.join(f'error: {line}' for line in str(error).split('\n')))

  app.run(guarded, argv)
