"""Finds the task of a recipe, on which the other bindings depend."""

from collections.abc import Sequence
from typing import NamedTuple

from gin.config import ConfigurableReference

from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_files import Binding
from copypaste_tf.config.overrides import Override
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import experiment

BINDING = 'experiment.task'
_PATH = ('task', 'name')


class Choice(NamedTuple):
  """The task of a recipe.

  Attributes:
    name: a registered task.
    where: `file:line`, flag or `default`.
  """

  name: str
  where: str = 'default'


def split(
  bindings: Sequence[Binding], changes: Sequence[Override]
) -> tuple[Choice, list[Binding]]:
  """Separates the choice of the task from the other bindings.

  The override `task.name`, which records of runs have, wins over the binding
  `experiment.task`. Records of older versions have None there, which chooses
  nothing.

  Args:
    bindings: in effect, of the configurables of all tasks.
    changes: the overrides, later ones win.

  Returns:
    The choice, and the bindings but `experiment.task`.

  Raises:
    ConfigError: there is no such task, or a configurable of another task is
      bound.
  """
  choice = Choice(registry.DEFAULT)
  others = [b for b in bindings if b.name != BINDING]
  for binding in bindings:
    if binding.name == BINDING:
      choice = _bound(binding, bindings)
  for change in changes:
    if change.path == _PATH and isinstance(change.value, str) and change.value:
      choice = Choice(change.value, f'{change.where}: task.name')
  try:
    known = experiment.configurables(choice.name)
  except ValueError as error:
    raise ConfigError(f'{choice.where}: {error}') from error
  _refuse_others(others, choice, known)
  return choice._replace(where=choice.where.split(': ')[0]), others


def _bound(binding: Binding, bindings: Sequence[Binding]) -> Choice:
  """Reads the binding of the task, or the macro that it names."""
  value, where = binding.value, f'{binding.where}: {BINDING}'
  if isinstance(value, ConfigurableReference) and binding.macros:
    (macro,) = (b for b in bindings if b.name == binding.macros[0])
    value, where = macro.value, f'{macro.where}: {macro.name}: {where}'
  if not isinstance(value, str):
    raise ConfigError(f'{where}: expected str, got {value!r}')
  return Choice(value, where)


def _refuse_others(bindings, choice: Choice, known) -> None:
  for binding in bindings:
    if binding.parameter and binding.selector not in known:
      raise ConfigError(
        f'{binding.where}: {binding.name}: the task {choice.name!r} '
        f'({choice.where}) has no {binding.selector!r}; it has '
        f'{", ".join(sorted(known))}'
      )
