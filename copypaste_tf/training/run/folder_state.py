"""Describes what a run finds in its folder when it starts."""

import json
import os
from typing import Any

import tensorflow as tf

from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.run import run_record
from copypaste_tf.training.run.progress import HISTORY, RESULTS


def describe(model_dir: str, train_steps: int) -> str:
  """Returns a line on the state of a folder.

  Args:
    model_dir: folder of a run, or a new folder.
    train_steps: number of steps of the whole run.

  Raises:
    ValueError: the folder holds the history of a run, but no checkpoint.
  """
  paths, _ = last_good.list_checkpoints(model_dir)
  if not paths:
    return f'{model_dir}: {_without_checkpoint(model_dir, train_steps)}'
  step = last_good.step_of(paths[-1])
  if step < train_steps:
    return f'{model_dir}: goes on at step {step} of {train_steps}'
  return (
    f'{model_dir}: finished already at step {step} of {train_steps}; to train '
    'longer, raise schedule.train_steps and pass --overwrite_record'
  )


def results(model_dir: str, train_steps: int) -> dict[str, Any] | None:
  """Returns the contents of the results file of a finished run.

  Args:
    model_dir: folder of a run, or a new folder.
    train_steps: number of steps of the whole run.

  Returns:
    None if the run has steps to do, or its results were not written.
  """
  paths, _ = last_good.list_checkpoints(model_dir)
  file = os.path.join(model_dir, RESULTS)
  if not paths or not tf.io.gfile.exists(file):
    return None
  step = last_good.step_of(paths[-1])
  with tf.io.gfile.GFile(file) as stream:
    try:
      written = json.load(stream)
    except json.JSONDecodeError:  # The run writes it again.
      return None
  # An earlier, shorter run may have left its results.
  return written if written['step'] == step >= train_steps else None


def _without_checkpoint(model_dir: str, train_steps: int) -> str:
  history = os.path.join(model_dir, HISTORY)
  if tf.io.gfile.exists(history):
    raise ValueError(
      f'{model_dir} has the history of a run, but no checkpoint. To start anew '
      f'choose another --model_dir, or remove {history} and the folder best'
    )
  new = f'a new run of {train_steps} steps'
  if tf.io.gfile.exists(os.path.join(model_dir, run_record.PARAMS)):
    return f'an earlier start ended before its first checkpoint; {new}'
  return new
