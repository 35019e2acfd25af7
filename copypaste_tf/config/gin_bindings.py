"""Bindings of gin, and those of them that are in effect."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from copypaste_tf.config.config_types import ConfigError, nearest

COMMAND_LINE = '--gin_params'


class Binding(NamedTuple):
  """One `scope/selector.parameter = value`; a macro has no parameter.

  Attributes:
    scope: gin scope, or ''.
    selector: name of a configurable, or of a macro.
    parameter: parameter of the configurable, or ''.
    value: the literal; it may contain `ConfigurableReference`s.
    where: `file:line`, or the flag.
    macros: names of the macros in the value.
    scopes: scopes of the references in the value.
  """

  scope: str
  selector: str
  parameter: str
  value: Any
  where: str
  macros: tuple[str, ...] = ()
  scopes: tuple[str, ...] = ()

  @property
  def name(self) -> str:
    """The left-hand side as a gin file spells it."""
    scope = f'{self.scope}/' if self.scope else ''
    parameter = f'.{self.parameter}' if self.parameter else ''
    return f'{scope}{self.selector}{parameter}'


def check_scopes(statements: Sequence[Binding]) -> None:
  """Checks that a reference has the scope of each binding.

  Args:
    statements: bindings in their order.

  Raises:
    ConfigError: no reference has the scope of a binding.
  """
  known = {scope for binding in statements for scope in binding.scopes}
  for binding in statements:
    for scope in filter(None, binding.scope.split('/')):
      if scope not in known:
        raise ConfigError(
          f'{binding.where}: {binding.name}: nobody refers to the scope '
          f'{scope!r}{nearest(scope, known)}'
        )


def in_effect(statements: Sequence[Binding]) -> list[Binding]:
  """Returns the last binding of each name, and the macros that are used.

  Drops a macro whose only uses were in bindings that a later line replaced.

  Args:
    statements: bindings in their order.

  Raises:
    ConfigError: a macro is undefined, or nobody reads it; on the command line
      also if a later line replaced its reader.
  """
  effective = {binding.name: binding for binding in statements}
  read = {name: b for b in effective.values() for name in b.macros}
  for name, binding in read.items():
    if name not in effective:
      macros = [b.name for b in effective.values() if not b.parameter]
      raise ConfigError(
        f'{binding.where}: {binding.name}: no macro {name!r}'
        f'{nearest(name, macros)}'
      )
  replaced = {name: b.name for b in statements for name in b.macros}
  for name, binding in list(effective.items()):
    if binding.parameter or name in read:
      continue
    reader = replaced.get(name)
    if not reader or binding.where == COMMAND_LINE:
      hint = f'; {reader} did, and was replaced' if reader else ''
      raise ConfigError(
        f'{binding.where}: nobody reads the macro {name!r}'
        f'{hint or nearest(name, read)}'
      )
    del effective[name]
  return list(effective.values())
