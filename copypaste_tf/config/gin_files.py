"""Parses gin files into bindings, each with its file and line.

Gin itself drops the line of a binding, accepts misspelt macros and looks for
includes only in the working directory. Therefore this module uses gin's parser,
but reads the statements itself.
"""

import inspect
import tokenize
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin
from gin import config_parser

from copypaste_tf.config import gin_paths, spelling, text_files
from copypaste_tf.config.config_types import ConfigError, nearest
from copypaste_tf.config.gin_bindings import (
  COMMAND_LINE,
  Binding,
  check_scopes,
)

Configurables = Mapping[str, Callable[..., Any]]


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


def statements(
  files: Sequence[str], params: Sequence[str], configurables: Configurables
) -> list[Binding]:
  """Parses gin files, then the bindings of `--gin_params`.

  Args:
    files: paths or names of recipes, see `gin_paths.find`.
    params: lines of gin.
    configurables: the functions and classes that may be bound, by name.

  Returns:
    All bindings in their order; a later one replaces an earlier one.

  Raises:
    ConfigError: a file is missing or does not parse, a name is unknown, or no
      reference has the scope of a binding.
  """
  bindings = []
  for file in files:
    bindings += _parse_file(file, None, configurables)
  for line in params:
    bindings += _parse_text(line, COMMAND_LINE, None, configurables)
  check_scopes(bindings)
  return bindings


def _parse_file(name, including, configurables) -> list[Binding]:
  path = gin_paths.find(name, including)
  return _parse_text(
    text_files.read(path), gin_paths.display(path), path, configurables
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
      elif isinstance(statement, config_parser.ImportStatement):
        raise _placed(f'{at}: a recipe imports no module; delete the line')
  except tokenize.TokenError as error:
    raise _placed(
      f'{where(lines.count)}: cannot parse: a bracket or a text has no end'
    ) from error
  except RecursionError as error:
    raise _placed(
      f'{where(lines.count)}: files include each other, or brackets are nested '
      'too deep'
    ) from error
  except SyntaxError as error:
    raise _placed(f'{where(error.lineno)}: {_unparsed(error)}') from error
  except ConfigError as error:
    # The name is part of a value, whose line the parser has just read.
    # Gin appends lines of its own to the message.
    message = str(error).split('\n  In file ')[0]
    placed = getattr(error, 'placed', False)
    raise _placed(
      message if placed else f'{where(lines.count)}: {message}'
    ) from error
  return bindings


def _unparsed(error: SyntaxError) -> str:
  """Describes a line that gin cannot parse, and how it may be meant."""
  line = (error.text or '').strip()
  meant = spelling.suggest(line)
  reason = error.msg.split('\n')[0]
  if 'ast.' in reason:  # The tree of a value would help nobody.
    reason = 'expected a number, a text in quotes, a list, @NAME or %NAME'
  if 'unicode error' in reason:
    reason = 'a backslash starts an escape; write / or \\\\ in a path'
  if spelling.two_bindings(line):
    reason = (
      'one binding a line; --gin_params may be repeated, once for each binding'
    )
  elif meant:
    kind = 'a string needs quotes' if meant[-1] in '\'"' else 'write it as'
    reason = f'{kind}: {meant}'
  return f'cannot parse {line!r}: {reason}'


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
  if escaped := spelling.controls(binding.value):
    raise _placed(
      f'{at}: {binding.name}: the text {escaped!r} has control characters: a '
      'backslash starts an escape; write / or \\\\ in a path'
    )
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
