"""Finds inputs with objects for a task of class maps, or the reverse."""

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs.data_config import CLASS_MAP_SOURCES
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.config import BaseConfig


def problems(task: BaseConfig) -> list[Problem]:
  """Lists the inputs whose `class_maps` the task cannot use.

  Args:
    task: config of the task.
  """
  reads = registry.build(task).reads_class_maps
  choices = CLASS_MAP_SOURCES if reads else ('',)
  found = {
    field: getattr(task, field).class_maps
    for field in ('train_data', 'validation_data')
  }
  return [
    Problem(
      f'task.{field}.class_maps',
      f'the task {task.name!r} reads one of {list(choices)}, got {value!r}',
    )
    for field, value in found.items()
    if value not in choices
  ]
