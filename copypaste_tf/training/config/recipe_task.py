"""Finds the task of a recipe, which decides the names that may be bound."""

from collections.abc import Sequence
from typing import NamedTuple

from gin.config import ConfigurableReference

from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_bindings import Binding
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

  The override `task.name`, which the record of a run contains, wins over the
  binding `experiment.task`. Records of older versions hold None, which has no
  effect.

  Args:
    bindings: bindings in effect, for configurables of any task.
    changes: overrides; later ones win.

  Returns:
    The choice, and all bindings except `experiment.task`.

  Raises:
    ConfigError: there is no such task, or a configurable of another task is
      bound.
  """
  choice = Choice(registry.DEFAULT)
  other_bindings = [b for b in bindings if b.name != BINDING]
  for binding in bindings:
    if binding.name == BINDING:
      choice = _bound(binding, bindings)
  for change in changes:
    if change.path == _PATH and isinstance(change.value, str) and change.value:
      choice = Choice(change.value, f'{change.where}: task.name')
  try:
    configurables = experiment.configurables(choice.name)
  except ValueError as error:
    raise ConfigError(f'{choice.where}: {error}') from error
  _refuse_unknown(other_bindings, choice, configurables)
  return choice._replace(where=choice.where.split(': ')[0]), other_bindings


def _bound(binding: Binding, bindings: Sequence[Binding]) -> Choice:
  """Returns the choice in a binding, or in the macro that it refers to."""
  value, where = binding.value, f'{binding.where}: {BINDING}'
  if isinstance(value, ConfigurableReference) and binding.macros:
    (macro,) = (b for b in bindings if b.name == binding.macros[0])
    value, where = macro.value, f'{macro.where}: {macro.name}: {where}'
  if not isinstance(value, str):
    raise ConfigError(f'{where}: expected str, got {value!r}')
  return Choice(value, where)


def _refuse_unknown(bindings, choice: Choice, configurables) -> None:
  """Refuses bindings of configurables that the task does not have."""
  for binding in bindings:
    if binding.parameter and binding.selector not in configurables:
      raise ConfigError(
        f'{binding.where}: {binding.name}: the task {choice.name!r} '
        f'({choice.where}) has no {binding.selector!r}; it has '
        f'{", ".join(sorted(configurables))}'
      )
