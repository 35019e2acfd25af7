"""Defines the flags of verbs that run a trained model."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from absl import flags

from copypaste_tf import config_flags

if TYPE_CHECKING:  # The help of a verb does not wait for TensorFlow.
  from copypaste_tf.training.config import gin_config

_LEVELS = 3  # RUN/best/ckpt-1, RUN/best, RUN.


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines these flags and those of `config_flags`."""
  config_flags.define(flag_values)
  flags.DEFINE_string(
    'model_dir',
    None,
    'Folder of a run, or RUN/best. Its params.yaml is the config, unless '
    '--gin_file is given. Its last checkpoint is used, unless --checkpoint is '
    'given.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'checkpoint',
    None,
    'A checkpoint such as MODEL_DIR/ckpt-1000, or a folder such as '
    'MODEL_DIR/best, whose last checkpoint is used.',
    flag_values=flag_values,
  )


def load(
  flag_values: flags.FlagValues = flags.FLAGS,
  *,
  values: Mapping[str, tuple[str, Any]] | None = None,
) -> 'gin_config.Resolved':
  """Resolves the config that the flags name, or that of --model_dir.

  Args:
    flag_values: the parsed flags.
    values: (flag, value) by config path, from a verb's own flags.

  Raises:
    ValueError: the flags name neither a config nor a run.
  """
  from copypaste_tf.training.run import run_record

  record = []
  if not flag_values.gin_file and not flag_values.config_file:
    record = [_record(flag_values, run_record.PARAMS)]
  return config_flags.load(flag_values, record=record, values=values)


def _record(flag_values: flags.FlagValues, name: str) -> str:
  """Returns the path of the config of the run that the flags name."""
  flag = 'model_dir' if flag_values.model_dir else 'checkpoint'
  path = flag_values[flag].value
  if not path:
    raise ValueError('expected --gin_file, --config_file or --model_dir')
  folder = _folder_with(name, path)
  if folder is not None:
    record = os.path.join(folder, name)
    if folder != path.rstrip('/'):
      print(f'the config is {record}', file=sys.stderr)
    return record
  raise ValueError(
    f'--{flag}={path}: no {name} there or in the folder above; give '
    '--model_dir=RUN, the folder of a run, and --checkpoint for one of its '
    'checkpoints'
  )


def _folder_with(name: str, path: str) -> str | None:
  """Returns the folder of a run that has a file; None without one.

  A checkpoint and the folder of the best one lie below the folder of the run.
  """
  import tensorflow as tf

  folder = path.rstrip('/') or path
  for _ in range(_LEVELS):
    if tf.io.gfile.exists(os.path.join(folder, name)):
      return folder
    folder = os.path.dirname(folder)
  return None


def check(
  resolved: 'gin_config.Resolved', *, data: bool, product: str | None = None
) -> None:
  """Checks a config.

  Args:
    resolved: the config.
    data: whether the evaluation records must exist.
    product: the product that the task must make, such as `detections`; empty
      means any, None also accepts a task without one.

  Raises:
    ValueError: the config has problems; the message has a line for each.
  """
  from copypaste_tf.serving import inference
  from copypaste_tf.training.checks import config_checks

  problems = config_checks.problems(
    resolved.params, mode='eval' if data else '', missing_data=not data
  )
  if product is not None:
    problems += inference.problems(resolved.params, product)
  config_flags.refuse(problems, resolved)


def checkpoint(flag_values: flags.FlagValues = flags.FLAGS) -> str:
  """Returns the path prefix of the checkpoint.

  Raises:
    ValueError: there is no checkpoint.
  """
  import tensorflow as tf

  from copypaste_tf.training.checkpoints import last_good

  run, path = flag_values.model_dir or '', flag_values.checkpoint or ''
  # A path within the run, such as `best`, is meant relative to it.
  for candidate in (path, os.path.join(run, path)) if path else (run,):
    if prefix := last_good.find(candidate):
      return prefix
  if not path:
    raise ValueError(f'no checkpoint in --model_dir={run}; give --checkpoint')
  kind = 'in the folder ' if tf.io.gfile.isdir(path) else ''
  raise ValueError(f'--checkpoint: no checkpoint {kind}{path!r}')


def define_label_map() -> None:
  """Defines the flag of `class_names`."""
  flags.DEFINE_string(
    'label_map',
    None,
    'JSON file with the names of the classes: the manifest of records, a COCO '
    'annotation file, or {"1": "person", ...}. By default the manifest of the '
    "recipe's evaluation records, or label_map.json of the run.",
  )


def class_names(
  resolved: 'gin_config.Resolved',
  path: str | None,
  flag_values: flags.FlagValues = flags.FLAGS,
) -> dict[int, str]:
  """Returns the class names by category id; empty if no file has them.

  Args:
    resolved: the config.
    path: the value of --label_map.
    flag_values: the parsed flags, which name the run.

  Raises:
    ValueError: the file of --label_map cannot be read, or holds no names.
  """
  from copypaste_tf import whole_files
  from copypaste_tf.inputs import data_files
  from copypaste_tf.training.run import class_names as kept

  if path:
    with whole_files.file_errors(f'--label_map={path}'):
      return data_files.read_label_map(path)
  names = kept.of_records(resolved.params.task.validation_data.input_path)
  return names or kept_class_names(flag_values)


def kept_class_names(
  flag_values: flags.FlagValues = flags.FLAGS,
) -> dict[int, str]:
  """Returns the class names that the run has kept; empty if it has kept none.

  Args:
    flag_values: the parsed flags, which name the run.

  Raises:
    ValueError: the file of the run is damaged.
  """
  from copypaste_tf.training.run import class_names as kept
  from copypaste_tf.training.run import run_record

  run = flag_values.model_dir or flag_values.checkpoint
  folder = _folder_with(run_record.PARAMS, run) if run else None
  return kept.read(folder) if folder else {}
