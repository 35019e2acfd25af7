"""From gin files and flags to one config, with the origin of every value.

Precedence: Python default < `.gin` < `--gin_params` < `--config_file` <
`--params_override` < a flag of its own such as `--strategy`.
"""

import typing
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import gin
from gin.config import ConfigurableReference
from official.core import config_definitions as cfg
from official.core import exp_factory

from copypaste_tf.config import config_types, gin_files, overrides
from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_files import Binding
from copypaste_tf.training.config import experiment

DEFAULT = 'default'


class Resolved(NamedTuple):
  """A config and where it comes from.

  Attributes:
    params: Model Garden's config tree, locked.
    origins: `{dotted path: file:line, flag or 'default'}` of every leaf.
    gin: what gin was told, as gin text.
    notes: bindings that have no effect, one sentence each.
  """

  params: cfg.ExperimentConfig
  origins: dict[str, str]
  gin: str
  notes: list[str]


def load(
  gin_files_: Sequence[str] = (),
  gin_params: Sequence[str] = (),
  config_files: Sequence[str] = (),
  params_override: str = '',
  flags: Mapping[str, tuple[str, Any]] | None = None,
) -> Resolved:
  """Resolves the config of a run.

  Args:
    gin_files_: paths or names of recipes.
    gin_params: lines of gin.
    config_files: YAML files of overrides.
    params_override: YAML, JSON, `a.b=1,c=2`, or a file.
    flags: `{dotted path: (flag, value)}` of flags that set one value.

  Returns:
    The `Resolved` config.

  Raises:
    ConfigError: anything misspelt, missing or of a wrong type; the message
      says where it stands and suggests the nearest name.
  """
  gin.clear_config()
  bindings = gin_files.parse(gin_files_, gin_params, experiment.CONFIGURABLES)
  for binding in bindings:
    _bind(binding, binding.value)
  _check_types(bindings)
  params = _build(bindings)
  origins, notes = _trace(params, bindings)
  changes = [
    change for file in config_files for change in overrides.from_file(file)
  ]
  if params_override:
    changes += overrides.from_flag(params_override)
  for path, (flag, value) in (flags or {}).items():
    changes.append(overrides.Override(tuple(path.split('.')), value, flag))
  changed = overrides.apply(params, changes)
  origins = _merge(params, origins, changed)
  for path, message in config_types.wrong_types(params):
    raise ConfigError(f'{origins.get(path, DEFAULT)}: {path}: {message}')
  gin.finalize()
  params.lock()
  return Resolved(params, origins, gin.config_str(), notes)


def format_effective(resolved: Resolved, *, only_changed: bool = False) -> str:
  """Returns the effective config, one `path = value  # origin` a line.

  Args:
    resolved: the config.
    only_changed: leave the defaults out.
  """
  leaves = config_types.flatten(resolved.params.as_dict())
  lines = {
    path: f'{path} = {value!r}'
    for path, value in leaves.items()
    if not (only_changed and resolved.origins[path] == DEFAULT)
  }
  width = min(64, max(map(len, lines.values()), default=0))
  return '\n'.join(
    f'{line:<{width}}  # {resolved.origins[path]}'
    for path, line in lines.items()
  )


def _bind(binding: Binding, value: Any) -> None:
  """Tells gin; macros are parameters of gin's own `macro`."""
  if binding.parameter:
    key = (binding.scope, binding.selector, binding.parameter)
  else:
    key = (binding.name, 'gin.macro', 'value')
  gin.bind_parameter(key, value)


def _build(bindings: Sequence[Binding]) -> cfg.ExperimentConfig:
  """Calls the factory; an error names the binding that it is about."""
  try:
    return exp_factory.get_exp_config(experiment.NAME)
  except ConfigError as error:
    message = str(error).split('\n')[0]  # gin appends a trace of its own.
    places = [b.where for b in bindings if message.startswith(b.name)]
    raise ConfigError(': '.join([*places, message])) from error


def _check_types(bindings: Sequence[Binding]) -> None:
  """Compares bound literals with the annotations of the parameters."""
  macros = {b.name: b for b in bindings if not b.parameter}
  for binding in bindings:
    if not binding.parameter:
      continue
    value, where = binding.value, binding.where
    if len(binding.macros) == 1 and isinstance(value, ConfigurableReference):
      macro = macros[binding.macros[0]]
      value, where = macro.value, f'{macro.where}: {macro.name}: {where}'
    hints = typing.get_type_hints(
      _unwrapped(experiment.CONFIGURABLES[binding.selector])
    )
    annotation = hints[binding.parameter]
    if not _has_reference(value) and not config_types.accepts(
      annotation, value
    ):
      raise ConfigError(
        f'{where}: {binding.name}: expected '
        f'{config_types.describe(annotation)}, got {value!r}'
      )


def _unwrapped(function):
  return getattr(function, '__wrapped__', function)


def _has_reference(value: Any) -> bool:
  if isinstance(value, (list, tuple)):
    return any(map(_has_reference, value))
  if isinstance(value, Mapping):
    return any(map(_has_reference, value.values()))
  return isinstance(value, ConfigurableReference)


def _trace(
  params: cfg.ExperimentConfig, bindings: Sequence[Binding]
) -> tuple[dict[str, list[str]], list[str]]:
  """Finds the bindings that each leaf depends on, by moving them one by one.

  Returns:
    `{leaf: origins}`, those of direct values before those of references, and
    a note for each binding that moves nothing.
  """
  before = config_types.flatten(params.as_dict())
  macros = {b.name: b for b in bindings if not b.parameter}
  found, notes = {}, []
  for binding in bindings:
    if not binding.parameter:
      continue
    moved = _moved_leaves(binding, macros, before)
    origin = _origin(binding, macros)
    if isinstance(binding.value, ConfigurableReference) and not binding.macros:
      origin = f'{DEFAULT} ({origin})'
    if moved is not None and not moved:
      notes.append(f'{binding.where}: {binding.name} has no effect here.')
    for path in moved or ():
      found.setdefault(path, []).append((len(moved), origin))
  return {
    path: [origin for _, origin in sorted(set(origins))]
    for path, origins in found.items()
  }, notes


def _origin(binding: Binding, macros: Mapping[str, Binding]) -> str:
  used = [f'{macros[name].where} (%{name})' for name in binding.macros]
  return ', '.join([*used, binding.where])


def _moved_leaves(binding, macros, before) -> set[str] | None:
  """Returns the leaves that change with a binding; None if it cannot move."""
  value = binding.value
  if len(binding.macros) == 1 and isinstance(value, ConfigurableReference):
    value = macros[binding.macros[0]].value
  _bind(binding, _moved(value))
  try:
    after = exp_factory.get_exp_config(experiment.NAME).as_dict()
  except (ValueError, TypeError, KeyError, AttributeError):
    return None  # The moved value is impossible, which says nothing.
  finally:
    _bind(binding, binding.value)
  after = config_types.flatten(after)
  return {
    path for path, leaf in before.items() if after.get(path, DEFAULT) != leaf
  }


def _moved(value: Any) -> Any:
  """Returns another value of the same kind."""
  if isinstance(value, bool):
    return not value
  if isinstance(value, (int, float)):
    return value + 1
  if isinstance(value, str):
    return value + '_'
  if isinstance(value, (list, tuple)) and value:
    return type(value)(_moved(item) for item in value)
  if isinstance(value, Mapping):
    return {
      key: item if isinstance(item, str) else _moved(item)
      for key, item in value.items()
    }
  if isinstance(value, ConfigurableReference):
    return None
  return 'moved'


def _merge(params, origins, changed) -> dict[str, str]:
  """Gives each leaf one line of origin; overrides win over bindings."""
  merged = {}
  for path in config_types.flatten(params.as_dict()):
    names = path.split('.')
    prefixes = ['.'.join(names[: i + 1]) for i in range(len(names))]
    override = [changed[prefix] for prefix in prefixes if prefix in changed]
    bound = origins.get(path, [DEFAULT])
    direct = [origin for origin in bound if not origin.startswith(DEFAULT)]
    bound = '; '.join(direct[:2] or bound[:1])
    merged[path] = override[-1] if override else bound
  return merged
