"""Looks up tasks by name, such as `experiment.task` of a recipe.

A task of this package has a line in `_TASKS`. Any other task calls `register`
before its recipe is loaded.
"""

from collections.abc import Callable
from typing import Any

from copypaste_tf.config.config_types import nearest
from copypaste_tf.tasks.config import BaseConfig
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.tasks.segmentation.task import SegmentationTask
from copypaste_tf.tasks.task import Task

DEFAULT = DetectionTask.name
_TASKS: dict[str, type[Task]] = {
  DetectionTask.name: DetectionTask,
  SegmentationTask.name: SegmentationTask,
}


def register(task_class: type[Task]) -> type[Task]:
  """Registers a task by its name; also a class decorator.

  Args:
    task_class: the task.

  Returns:
    The same class.

  Raises:
    ValueError: another task has that name, or another configurable has the name
      of one of this task's.
  """
  name = task_class.name
  if name in _TASKS and _TASKS[name] is not task_class:
    raise ValueError(
      f'the task name {name!r} is taken by {_TASKS[name].__qualname__}; choose '
      f'another {task_class.__qualname__}.name'
    )
  registered = configurables()
  for key, function in task_class.configurables.items():
    if registered.get(key, function) is not function:
      raise ValueError(
        f'another task has a configurable {key!r}; choose another name in '
        f'{task_class.__qualname__}.configurables'
      )
  _TASKS[name] = task_class
  return task_class


def unregister(name: str) -> None:
  """Removes a task, so that its name is free again.

  Raises:
    ValueError: no task has this name.
  """
  get(name)
  del _TASKS[name]


def get(name: str) -> type[Task]:
  """Returns the class of a task.

  Raises:
    ValueError: no task has this name.
  """
  if name not in _TASKS:
    raise ValueError(
      f'expected one of the tasks {", ".join(sorted(_TASKS))}, got {name!r}'
      f'{nearest(str(name), _TASKS)}'
    )
  return _TASKS[name]


def makers(product: str = '') -> list[str]:
  """Returns the names of the tasks whose outputs can be predicted.

  Args:
    product: only those that make this product; empty means any.
  """
  return sorted(
    name
    for name, task in _TASKS.items()
    if task.makes and product in ('', task.makes)
  )


def build(config: BaseConfig) -> Task:
  """Returns the task of a config, or `DEFAULT` if the config names no task.

  Args:
    config: `params.task`.

  Raises:
    ValueError: the config names an unknown task.
  """
  return get(config.name or DEFAULT)(config)


def configurables() -> dict[str, Callable[..., Any]]:
  """Returns the gin configurables of all tasks by name."""
  return {
    key: function
    for task_class in _TASKS.values()
    for key, function in task_class.configurables.items()
  }
