"""Parses gin files into bindings, each with its file and line.

Gin itself drops the line of a binding, accepts misspelt macros and looks for
includes only in the working directory. Therefore this module uses gin's parser,
but reads the statements itself.
"""

import inspect
import tokenize
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gin
from gin import config_parser

from copypaste_tf.config import gin_paths
from copypaste_tf.config.config_types import ConfigError, nearest

Configurables = Mapping[str, Callable[..., Any]]
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


class _Delegate(gin.config.ParserDelegate):
  """Builds gin's references and records their scopes and the macros."""

  def __init__(self, configurables: Configurables):
    super().__init__()
    self._configurables = configurables
    self.macros: list[str] = []
    self.scopes: list[str] = []

  def configurable_reference(self, scoped_selector, evaluate):
    *scopes, name = scoped_selector.split('/')
    self.scopes += scopes
    try:
      return super().configurable_reference(scoped_selector, evaluate)
    except ValueError as error:
      raise ConfigError(
        f'no configurable {name!r}{nearest(name, self._configurables)}'
      ) from error

  def macro(self, name):
    self.macros.append(name)
    return super().macro(name)


class _Lines:
  """A text file that counts the lines that were read."""

  def __init__(self, text: str, name: str):
    self._lines = iter(text.splitlines(keepends=True))
    self.name = name
    self.count = 0

  def readline(self) -> str:
    line = next(self._lines, '')
    self.count += bool(line)
    return line


def parse(
  files: Sequence[str], params: Sequence[str], configurables: Configurables
) -> list[Binding]:
  """Parses gin files, then the bindings of `--gin_params`.

  Args:
    files: paths or names of recipes, see `gin_paths.find`.
    params: lines of gin.
    configurables: the functions and classes that may be bound, by name.

  Returns:
    The bindings in effect: the last one for each parameter.

  Raises:
    ConfigError: a file is missing or does not parse, a name is unknown, a
      macro is undefined or unused, or no reference has the scope of a
      binding.
  """
  statements = []
  for file in files:
    statements += _parse_file(file, None, configurables)
  for line in params:
    statements += _parse_text(line, COMMAND_LINE, None, configurables)
  _check_scopes(statements)
  return _in_effect(statements)


def _parse_file(name, including, configurables) -> list[Binding]:
  path = gin_paths.find(name, including)
  with open(path, encoding='utf-8') as file:
    return _parse_text(
      file.read(), gin_paths.display(path), path, configurables
    )


def _parse_text(text, label, path, configurables) -> list[Binding]:
  lines = _Lines(text, label)
  bindings = []

  def where(number):
    return f'{label}:{number}' if path else label

  try:
    delegate = _Delegate(configurables)
    parser = config_parser.ConfigParser(lines, delegate)
    while statement := parser.parse_statement():
      at = where(statement.location.line_num)
      if isinstance(statement, config_parser.IncludeStatement):
        bindings += _include(statement.filename, at, path, configurables)
      elif isinstance(statement, config_parser.BindingStatement):
        bindings.append(_binding(statement, at, delegate, configurables))
  except tokenize.TokenError as error:
    raise _placed(
      f'{where(lines.count)}: cannot parse: {error.args[0]}'
    ) from error
  except SyntaxError as error:
    raise _placed(
      f'{where(error.lineno)}: cannot parse {(error.text or "").strip()!r}: '
      f'{error.msg}'
    ) from error
  except ConfigError as error:
    # The name is part of a value, whose line the parser has just read.
    placed = getattr(error, 'placed', False)
    raise _placed(
      error if placed else f'{where(lines.count)}: {error}'
    ) from error
  return bindings


def _placed(message) -> ConfigError:
  """Builds an error whose message already has the file and line."""
  error = ConfigError(str(message))
  error.placed = True
  return error


def _include(filename, at, path, configurables) -> list[Binding]:
  try:
    gin_paths.find(filename, path)
  except ConfigError as error:
    raise _placed(f'{at}: include: {error}') from error
  return _parse_file(filename, path, configurables)


def _binding(statement, at, delegate, configurables) -> Binding:
  """Returns the binding of a statement, after checking its names."""
  macros, delegate.macros = tuple(delegate.macros), []
  scopes, delegate.scopes = tuple(delegate.scopes), []
  binding = Binding(*statement[:4], at, macros, scopes)
  selector, parameter = binding.selector, binding.parameter
  if not parameter:
    return binding
  if selector not in configurables:
    raise _placed(
      f'{at}: {binding.name}: no configurable {selector!r}'
      f'{nearest(selector, configurables)}'
    )
  parameters = set(inspect.signature(configurables[selector]).parameters)
  parameters -= {'default_params', 'restrictions'}
  if parameter not in parameters:
    raise _placed(
      f'{at}: {binding.name}: {selector} has no parameter {parameter!r}'
      f'{nearest(parameter, parameters)}'
    )
  return binding


def _check_scopes(statements: Sequence[Binding]) -> None:
  """Raises an error for a binding in a scope that no reference has."""
  known = {scope for binding in statements for scope in binding.scopes}
  for binding in statements:
    for scope in filter(None, binding.scope.split('/')):
      if scope not in known:
        raise ConfigError(
          f'{binding.where}: {binding.name}: nobody refers to the scope '
          f'{scope!r}{nearest(scope, known)}'
        )


def _in_effect(statements: Sequence[Binding]) -> list[Binding]:
  """Returns the last binding of each name, and the macros that are used.

  Drops a macro whose only uses were in bindings that a later line replaced. An
  unused macro on the command line is an error.
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
