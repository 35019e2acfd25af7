"""Checks the types of config values; Model Garden checks only the names."""

import difflib
import types
import typing
from collections import abc
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Union

from official.modeling import hyperparams

_TOO_LARGE = 2**63  # TensorFlow's integers have 64 bits.


class ConfigError(ValueError):
  """An invalid config; the message names the value and how to change it."""


class Problem(NamedTuple):
  """An error in a config.

  Attributes:
    path: dotted path of the value to change.
    message: the expected value, the given value and the remedy.
  """

  path: str
  message: str


class Range(NamedTuple):
  """Closed interval of allowed numbers.

  Attributes:
    low: smallest allowed number.
    high: largest allowed number; None means no upper bound.
  """

  low: float
  high: float | None = None

  def __str__(self) -> str:
    if self.high is None:
      return f'at least {self.low}'
    return f'in [{self.low}, {self.high}]'

  def __contains__(self, value) -> bool:
    return self.low <= value and (self.high is None or value <= self.high)


def nearest(name: str, choices: Iterable[str]) -> str:
  """Returns `; did you mean 'x'?` for the most similar choice, or ''."""
  folded = {choice.lower(): choice for choice in sorted(choices)}
  matches = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.5)
  return f'; did you mean {folded[matches[0]]!r}?' if matches else ''


def accepts(annotation: Any, value: Any) -> bool:
  """Returns True if a value has the annotated type.

  Accepts an int as a float, and a list as a tuple or a sequence, but no bool as
  an int, and no int of more than 64 bits.

  Args:
    annotation: a type, `Optional`, `Union`, `Sequence[int]`, ...
    value: a plain value or a `hyperparams.Config`.
  """
  if annotation is Any:
    return True
  origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
  if origin in (Union, types.UnionType):
    return any(accepts(member, value) for member in arguments)
  if annotation in (None, type(None)):
    return value is None
  if origin in (list, tuple, abc.Sequence):
    return isinstance(value, (list, tuple)) and all(
      accepts(arguments[0], item) for item in value
    )
  if origin in (dict, abc.Mapping):
    return isinstance(value, abc.Mapping)
  if annotation in (int, float) and isinstance(value, bool):
    return False
  if isinstance(value, int) and abs(value) >= _TOO_LARGE:
    return False
  if annotation is float:
    return isinstance(value, (int, float))
  return not isinstance(annotation, type) or isinstance(value, annotation)


def describe(annotation: Any) -> str:
  """Returns an annotation as a person would write it, such as `list of int`."""
  origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
  if origin in (Union, types.UnionType):
    return ' or '.join(describe(member) for member in arguments)
  if origin in (list, tuple, abc.Sequence):
    return f'list of {describe(arguments[0])}'
  if annotation in (None, type(None)):
    return 'None'
  return getattr(origin or annotation, '__name__', str(annotation))


def annotations(config_class: type[hyperparams.Config]) -> dict[str, Any]:
  """Returns the annotation of every field of a config dataclass."""
  hints = typing.get_type_hints(config_class)
  for name in hyperparams.Config.__annotations__:
    hints.pop(name, None)
  return hints


def config_class(annotation: Any) -> type[hyperparams.Config] | None:
  """Returns the config class in an annotation or its `Optional`, or None."""
  for member in (annotation, *typing.get_args(annotation)):
    if isinstance(member, type) and issubclass(member, hyperparams.Config):
      return member
  return None


def wrong_types(
  config: hyperparams.Config, path: str = ''
) -> Iterator[tuple[str, str]]:
  """Yields `(path, message)` for each value that has the wrong type."""
  hints = annotations(type(config))
  for name, value in vars(config).items():
    if name not in hints:
      continue
    value_path = f'{path}.{name}' if path else name
    if not accepts(hints[name], value):
      yield value_path, f'expected {describe(hints[name])}, got {value!r}'
    elif isinstance(value, hyperparams.Config):
      yield from wrong_types(value, value_path)
    elif isinstance(value, (list, tuple)):
      for number, item in enumerate(value):
        if isinstance(item, hyperparams.Config):
          yield from wrong_types(item, f'{value_path}.{number}')


def flatten(tree: abc.Mapping[str, Any], path: str = '') -> dict[str, Any]:
  """Turns nested dicts into `{dotted path: leaf}`.

  The items of a list of dicts get their index as a name. Other lists are
  leaves.
  """
  leaves = {}
  for name, value in tree.items():
    value_path = f'{path}.{name}' if path else name
    nested = _nested(value)
    if nested:
      leaves.update(flatten(nested, value_path))
    else:
      leaves[value_path] = value
  return leaves


def _nested(value: Any) -> abc.Mapping[str, Any]:
  """Returns a dict or a list of dicts as a dict; empty for anything else."""
  if isinstance(value, abc.Mapping):
    return value
  if isinstance(value, (list, tuple)) and all(
    isinstance(item, abc.Mapping) for item in value
  ):
    return {str(number): item for number, item in enumerate(value)}
  return {}
