"""Traces each value of a config to the gin bindings and overrides behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

import gin
from gin.config import ConfigurableReference
from official.core import config_definitions as cfg

from copypaste_tf.config import config_types
from copypaste_tf.config.gin_files import Binding
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
  bind(binding, _moved(value))
  try:
    after = experiment.experiment().as_dict()
  except (ValueError, TypeError, KeyError, AttributeError):
    return None  # The moved value is impossible, which says nothing.
  finally:
    bind(binding, binding.value)
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


def merge(
  params: cfg.ExperimentConfig,
  origins: Mapping[str, Sequence[str]],
  changed: Mapping[str, str],
) -> dict[str, str]:
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
