"""Defines the flags of verbs that run a trained model."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from absl import flags

from copypaste_tf import config_flags

if TYPE_CHECKING:  # The help of a verb does not wait for TensorFlow.
  from copypaste_tf.training.config import gin_config


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines these flags and those of `config_flags`."""
  config_flags.define(flag_values)
  flags.DEFINE_string(
    'model_dir',
    None,
    'Folder of a run. Its params.yaml is the config unless --gin_file is '
    'given; its last checkpoint is used unless --checkpoint is given.',
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
    if not flag_values.model_dir:
      raise ValueError('expected --gin_file, --config_file or --model_dir')
    record = [os.path.join(flag_values.model_dir, run_record.PARAMS)]
  return config_flags.load(flag_values, record=record, values=values)


def check(
  resolved: 'gin_config.Resolved', *, data: bool, detections: bool = False
) -> None:
  """Checks a config.

  Args:
    resolved: the config.
    data: whether the evaluation records must exist.
    detections: whether the task must make detections.

  Raises:
    ValueError: the config has problems; the message has a line for each.
  """
  from copypaste_tf.serving import inference
  from copypaste_tf.training.checks import config_checks

  problems = config_checks.problems(
    resolved.params, mode='eval' if data else '', missing_data=not data
  )
  if detections:
    problems += inference.problems(resolved.params)
  config_flags.refuse(problems, resolved)


def checkpoint(flag_values: flags.FlagValues = flags.FLAGS) -> str:
  """Returns the path prefix of the checkpoint.

  Raises:
    ValueError: there is no checkpoint.
  """
  import tensorflow as tf

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
