"""Reads YAML overrides of a config, with the line of every value."""

import os
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml
from official.modeling import hyperparams
from official.modeling.hyperparams import params_dict

from copypaste_tf.config import config_types, text_files
from copypaste_tf.config.config_types import ConfigError

_SUFFIXES = ('.yaml', '.yml', '.json')
_TEXT = 'tag:yaml.org,2002:str'


class Override(NamedTuple):
  """The new value of one parameter.

  Attributes:
    path: names from the root of the config to the parameter.
    value: the new value.
    where: `file:line`, or the flag.
    by_flag: a flag stands for the path, which nobody wrote.
  """

  path: tuple[str, ...]
  value: Any
  where: str
  by_flag: bool = False

  @property
  def name(self) -> str:
    """The dotted path."""
    return '.'.join(self.path)


def from_file(path: str) -> list[Override]:
  """Reads a `--config_file`, such as the `params.yaml` of another run.

  Raises:
    ConfigError: the file does not exist or is not such YAML.
  """
  if not os.path.isfile(path):
    raise ConfigError(f'--config_file: no file {path!r}')
  return _parse(text_files.read(path), path, numbered=True)


def from_flag(text: str) -> list[Override]:
  """Reads `--params_override`: a file, YAML or JSON, or `a.b=1,c=x`.

  Raises:
    ConfigError: the text names no file, or has none of these forms.
  """
  if os.path.isfile(text):
    return from_file(text)
  if '=' in text and ':' not in text.split('=')[0]:
    text = _json_of_pairs(text)
  elif text.endswith(_SUFFIXES):
    raise ConfigError(f'--params_override: no file {text!r}')
  return _parse(text, '--params_override', numbered=False)


def apply(
  params: hyperparams.Config, overrides: list[Override]
) -> dict[str, str]:
  """Applies overrides to a config in place; unknown names are errors.

  Args:
    params: the whole config, or a sub-config.
    overrides: new values; later ones win.

  Returns:
    `{dotted path: where}` of the changed parameters.

  Raises:
    ConfigError: a name is unknown or a value has the wrong type.
  """
  for override in overrides:
    value = _checked(params, override)
    tree = value
    for name in reversed(override.path):
      tree = {name: tree}
    params.override(tree, is_strict=True)
  return {override.name: override.where for override in overrides}


def from_mapping(tree: Mapping[str, Any], where: str) -> list[Override]:
  """Turns nested dicts into overrides with the origin `where`."""
  return [
    Override(tuple(path.split('.')), value, where)
    for path, value in config_types.flatten(tree).items()
  ]


def _parse(text, label, *, numbered) -> list[Override]:
  try:
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    is_tree = isinstance(node, yaml.MappingNode)
    leaves = [*_leaves(loader, node, ())] if is_tree else []
  except yaml.YAMLError as error:
    raise ConfigError(f'{label}: {_unparsed(error)}') from error
  except RecursionError as error:
    raise ConfigError(f'{label}: the values are nested too deep') from error
  except ValueError as error:  # Such as a date in month 13.
    raise ConfigError(f'{label}: {error}') from error
  if not is_tree:
    raise ConfigError(
      f'{label}: expected nested names and values such as '
      f"'trainer.train_steps=100', got {textwrap.shorten(text, 60)!r}"
    )
  return [
    Override(path, value, f'{label}:{line}' if numbered else label)
    for path, value, line in leaves
  ]


def _unparsed(error: yaml.YAMLError) -> str:
  """Describes in one line where and why YAML cannot be read."""
  mark = getattr(error, 'problem_mark', None)
  place = f'line {mark.line + 1}: ' if mark else ''
  reason = getattr(error, 'problem', None) or str(error).split('\n')[0]
  if '\\t' in reason:
    reason += '; indent with spaces'
  return f'cannot parse: {place}{reason}'


def _leaves(loader, node, path) -> Iterator[tuple[tuple[str, ...], Any, int]]:
  """Yields `(path, value, line)` of the values in a YAML mapping."""
  lines: dict[str, int] = {}
  for key, child in node.value:
    line = key.start_mark.line + 1
    if key.tag != _TEXT:
      name = key.value if isinstance(key.value, str) else 'a list or mapping'
      raise ValueError(
        f'line {line}: expected the name of a parameter, got {name!r}'
      )
    if key.value in lines:
      raise ValueError(
        f'line {line}: {key.value} is there already, in line '
        f'{lines[key.value]}; keep one of the two'
      )
    lines[key.value] = line
    # `a.b: 1` means the same as `a: {b: 1}`.
    leaf_path = (*path, *key.value.split('.'))
    if isinstance(child, yaml.MappingNode) and child.value:
      yield from _leaves(loader, child, leaf_path)
    else:
      yield leaf_path, loader.construct_object(child, deep=True), line


def _json_of_pairs(text: str) -> str:
  """Reads `a.b=1,c=x`."""
  try:
    return params_dict.nested_csv_str_to_json_str(text)
  except ValueError as error:
    raise ConfigError(
      f'--params_override: expected NAME=VALUE,NAME=VALUE, got {text!r}; a '
      'value with commas or brackets needs YAML, such as '
      '\'task: {train_data: {input_path: "a[1-2]*"}}\''
    ) from error


def _checked(root: hyperparams.Config, override: Override) -> Any:
  """Returns the value of an override after checking its path and type."""
  node, config, annotation = root, type(root), None
  for i, name in enumerate(override.path):
    hints = config_types.annotations(config) if config else {}
    if name not in hints:
      raise ConfigError(_unknown(override, i, node, hints))
    annotation, node = hints[name], getattr(node, name, None)
    # The value may be of a subclass of the annotated config class.
    if isinstance(node, hyperparams.Config):
      config = type(node)
    else:
      config = config_types.config_class(annotation)
  value = override.value
  if isinstance(value, str) and not config_types.accepts(annotation, value):
    value = _number(value)  # YAML 1.1 reads 1e-4 as a string.
  if config and isinstance(value, list):
    value = [_item(config, item, override) for item in value]
  # An empty mapping is a config with its defaults.
  if not config_types.accepts(annotation, value) and not (
    config and value == {}
  ):
    raise ConfigError(
      f'{override.where}: {override.name}: expected '
      f'{config_types.describe(annotation)}, got {override.value!r}'
    )
  return value


def _unknown(
  override: Override, i: int, node: Any, hints: Mapping[str, Any]
) -> str:
  """Says that the part `i` of a path is unknown."""
  name = override.path[i]
  if override.by_flag:
    return (
      f'{override.where} does not apply: {type(node).__name__} of the recipe '
      f'has no {name!r}; leave the flag out'
    )
  inside = '.'.join(override.path[:i]) or 'the config'
  return (
    f'{override.where}: {override.name}: {inside} has no {name!r}'
    f'{config_types.nearest(name, hints)}'
  )


def _item(config_class, item: Any, override: Override) -> Any:
  """Makes a config from an item of a list; checks all its fields."""
  if not isinstance(item, Mapping):
    return item
  config = config_class()
  apply(config, from_mapping(item, f'{override.where}: {override.name}'))
  return config


def _number(text: str) -> float | str:
  try:
    return float(text)
  except ValueError:
    return text
