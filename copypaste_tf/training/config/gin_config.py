"""Resolves gin files and flags to one config, with the origin of every value.

Precedence: Python default < `.gin` < `--gin_params` < `--config_file` <
`--params_override` < the flag of a single value, such as `--strategy`.
"""

import typing
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import gin
from gin.config import ConfigurableReference
from official.core import config_definitions as cfg

from copypaste_tf.config import config_types, gin_files, overrides
from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_bindings import Binding, in_effect
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import (
  experiment,
  origins,
  rate_note,
  recipe_task,
)
from copypaste_tf.training.config.origins import DEFAULT


class Resolved(NamedTuple):
  """A config, with the origin of every value.

  Attributes:
    params: Model Garden's config tree, locked.
    origins: `{dotted path: file:line, flag or 'default'}` of every leaf.
    gin: the bindings, as gin text.
    notes: bindings that have no effect, and a doubtful learning rate; one
      sentence each.
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
    ConfigError: a name is unknown, a file is missing or a value has the wrong
      type. The message states the line and suggests the nearest name.
  """
  gin.clear_config()
  statements = gin_files.statements(
    gin_files_,
    gin_params,
    {**experiment.CONFIGURABLES, **registry.configurables()},
  )
  bindings = in_effect(statements)
  changes = _changes(config_files, params_override, flags or {})
  task, bindings = recipe_task.split(bindings, changes)
  if task.name != registry.DEFAULT:
    gin.bind_parameter(recipe_task.BINDING, task.name)
  for binding in bindings:
    origins.bind(binding, binding.value)
  _check_types(bindings, experiment.configurables(task.name))
  params = _build(bindings)
  traced, notes = origins.trace(params, bindings)
  changed = overrides.apply(params, changes)
  params.task.name = task.name  # Records of older versions have None.
  changed['task.name'] = task.where
  origin_of = origins.merge(params, traced, changed)
  for path, message in config_types.wrong_types(params):
    raise ConfigError(f'{origin_of.get(path, DEFAULT)}: {path}: {message}')
  rate = rate_note.note(params, statements)
  notes += [rate] if rate else []
  gin.finalize()
  params.lock()
  return Resolved(params, origin_of, gin.config_str(), notes)


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


def _changes(config_files, params_override, flags) -> list[overrides.Override]:
  """Lists the overrides of the flags; later ones win."""
  changes = [
    change for file in config_files for change in overrides.from_file(file)
  ]
  if params_override:
    changes += overrides.from_flag(params_override)
  return changes + [
    overrides.Override(tuple(path.split('.')), value, flag, by_flag=True)
    for path, (flag, value) in flags.items()
  ]


def _build(bindings: Sequence[Binding]) -> cfg.ExperimentConfig:
  """Builds the config; an error names the binding at fault."""
  try:
    return experiment.experiment()
  except ConfigError as error:
    message = str(error).split('\n')[0]  # gin appends its own trace.
    places = [b.where for b in bindings if message.startswith(b.name)]
    raise ConfigError(': '.join([*places, message])) from error


def _check_types(
  bindings: Sequence[Binding], configurables: gin_files.Configurables
) -> None:
  """Checks the types of bound literals; references are not checked."""
  macros = {b.name: b for b in bindings if not b.parameter}
  for binding in bindings:
    if not binding.parameter:
      continue
    value, where = binding.value, binding.where
    if len(binding.macros) == 1 and isinstance(value, ConfigurableReference):
      macro = macros[binding.macros[0]]
      value, where = macro.value, f'{macro.where}: {macro.name}: {where}'
    hints = typing.get_type_hints(_unwrapped(configurables[binding.selector]))
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
