"""Flags of the verbs that run a trained model: its config, its checkpoint."""

import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf import config_flags
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines these flags and those of `config_flags`."""
  config_flags.define(flag_values)
  flags.DEFINE_string(
    'model_dir',
    None,
    'Folder of a run: its params.yaml is the config, unless --gin_file is '
    'given, and its last checkpoint is used.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'checkpoint',
    None,
    'Use this checkpoint, such as MODEL_DIR/ckpt-1000, or the last one of '
    'this folder, such as MODEL_DIR/best.',
    flag_values=flag_values,
  )


def load(
  flag_values: flags.FlagValues = flags.FLAGS,
  *,
  values: Mapping[str, tuple[str, Any]] | None = None,
) -> gin_config.Resolved:
  """Resolves the recipe of the flags, or the record of the run.

  Args:
    flag_values: the parsed flags.
    values: `{dotted path: (flag, value)}` of a verb's own flags.

  Raises:
    ValueError: the flags name neither.
  """
  record = []
  if not flag_values.gin_file and not flag_values.config_file:
    if not flag_values.model_dir:
      raise ValueError('expected --gin_file, --config_file or --model_dir')
    record = [os.path.join(flag_values.model_dir, run_record.PARAMS)]
  return config_flags.load(flag_values, record=record, values=values)


def check(resolved: gin_config.Resolved, *, data: bool) -> None:
  """Checks a config.

  Args:
    resolved: the config.
    data: whether the evaluation records are needed.

  Raises:
    ValueError: something is wrong; a line for each problem.
  """
  problems = config_checks.problems(
    resolved.params, mode='eval' if data else '', missing_data=not data
  )
  if problems:
    found = [config_checks.describe(problem, resolved) for problem in problems]
    raise ValueError('\n'.join(found))


def checkpoint(flag_values: flags.FlagValues = flags.FLAGS) -> str:
  """Returns the path prefix of the checkpoint.

  Raises:
    ValueError: there is none.
  """
  path = flag_values.checkpoint
  if path and tf.io.gfile.isdir(path):
    latest = tf.train.latest_checkpoint(path)
    if not latest:
      raise ValueError(f'--checkpoint: no checkpoint in the folder {path!r}')
    return latest
  if path:
    if not tf.io.gfile.exists(path + '.index'):
      raise ValueError(f'--checkpoint: no checkpoint {path!r}')
    return path
  latest = tf.train.latest_checkpoint(flag_values.model_dir or '')
  if not latest:
    raise ValueError(
      f'no checkpoint in --model_dir={flag_values.model_dir}; give --checkpoint'
    )
  return latest
