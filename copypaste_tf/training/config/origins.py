"""Traces each value of a config to its gin bindings and overrides.

To find the values that depend on a binding, the module changes the bound value,
builds the config again, and compares.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import gin
from gin.config import ConfigurableReference
from official.core import config_definitions as cfg

from copypaste_tf.config import config_types
from copypaste_tf.config.gin_bindings import Binding
from copypaste_tf.training.config import experiment

DEFAULT = 'default'


def bind(binding: Binding, value: Any) -> None:
  """Binds a value in gin; macros are parameters of gin's own `macro`."""
  if binding.parameter:
    key = (binding.scope, binding.selector, binding.parameter)
  else:
    key = (binding.name, 'gin.macro', 'value')
  gin.bind_parameter(key, value)


def trace(
  params: cfg.ExperimentConfig, bindings: Sequence[Binding]
) -> tuple[dict[str, list[str]], list[str]]:
  """Finds the bindings on which each leaf of a config depends.

  Args:
    params: the config of the bindings.
    bindings: all bindings in effect; gin has them already.

  Returns:
    `{leaf: origins}`, starting with the binding that affects the fewest leaves,
    and a note for each binding that affects none.
  """
  before = config_types.flatten(params.as_dict())
  macros = {b.name: b for b in bindings if not b.parameter}
  sized_origins, notes = {}, []
  for binding in bindings:
    if not binding.parameter:
      continue
    affected = _affected_leaves(binding, macros, before)
    origin = _origin(binding, macros)
    if isinstance(binding.value, ConfigurableReference) and not binding.macros:
      origin = f'{DEFAULT} ({origin})'
    if affected is not None and not affected:
      notes.append(f'{binding.where}: {binding.name} has no effect here.')
    for path in affected or ():
      sized_origins.setdefault(path, []).append((len(affected), origin))
  return {
    path: [origin for _, origin in sorted(set(origins))]
    for path, origins in sized_origins.items()
  }, notes


def _origin(binding: Binding, macros: Mapping[str, Binding]) -> str:
  used = [f'{macros[name].where} (%{name})' for name in binding.macros]
  return ', '.join([*used, binding.where])


def _affected_leaves(binding, macros, before) -> set[str] | None:
  """Returns the leaves that a binding changes; None if that is unknown."""
  value = binding.value
  if len(binding.macros) == 1 and isinstance(value, ConfigurableReference):
    value = macros[binding.macros[0]].value
  bind(binding, _other_value(value))
  try:
    after = experiment.experiment().as_dict()
  except (ValueError, TypeError, KeyError, AttributeError):
    return None  # The config refuses the other value.
  finally:
    bind(binding, binding.value)
  after = config_types.flatten(after)
  return {
    path for path, leaf in before.items() if after.get(path, DEFAULT) != leaf
  }


def _other_value(value: Any) -> Any:
  """Returns a different value of the same type."""
  if isinstance(value, bool):
    return not value
  if isinstance(value, (int, float)):
    return value + 1
  if isinstance(value, str):
    return value + '_'
  if isinstance(value, (list, tuple)) and value:
    return type(value)(_other_value(item) for item in value)
  if isinstance(value, Mapping):
    return {
      key: item if isinstance(item, str) else _other_value(item)
      for key, item in value.items()
    }
  if isinstance(value, ConfigurableReference):
    return None
  return 'other'


def merge(
  params: cfg.ExperimentConfig,
  origins: Mapping[str, Sequence[str]],
  changed: Mapping[str, str],
) -> dict[str, str]:
  """Formats the origin of each leaf; overrides win over bindings.

  Args:
    params: the config.
    origins: `{leaf: origins}` from `trace`.
    changed: `{dotted path: origin}` of the overrides.

  Returns:
    `{leaf: origin}` for every leaf. The origin names at most two bindings.
  """
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
