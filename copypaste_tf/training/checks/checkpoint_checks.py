"""Compares the model of a recipe with its `init_checkpoint`."""

import tensorflow as tf

from copypaste_tf.config.config_types import Problem
from copypaste_tf.console import saying
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.config import BaseConfig
from copypaste_tf.training.checkpoints import initial

_FIELD = 'task.init_checkpoint'


def missing(task: BaseConfig) -> list[Problem]:
  """Returns the problem if there is no such checkpoint.

  Args:
    task: config of the task.
  """
  try:
    if task.init_checkpoint:
      initial.find(task.init_checkpoint)
  except ValueError as error:
    return [Problem(_FIELD, str(error))]
  return []


def compare(task: BaseConfig) -> tuple[list[Problem], list[str]]:
  """Compares the shapes of all variables; reads no values.

  The model is built as a graph, which takes some seconds and little memory.

  Args:
    task: config of the task, without other problems.

  Returns:
    The problem if the checkpoint does not fit, and notes on its use.
  """
  if not task.init_checkpoint:
    return [], []
  try:
    with (
      saying('comparing the model with init_checkpoint'),
      tf.Graph().as_default(),
    ):
      start = initial.start(
        registry.build(task).build_model(),
        task.init_checkpoint,
        task.init_checkpoint_modules,
      )
  except ValueError as error:
    return [Problem(_FIELD, str(error))], []
  return [], [f'{_FIELD}: {start}']
