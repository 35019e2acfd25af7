"""Reads published TF1 checkpoints and maps their variables to a model."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

# Kinds of variables that a checkpoint may hold and the model does not have.
IGNORED = {
  'step counter': r'global_step$',
  'ImageNet classifier': r'(efficientnet-b\d/head/|resnet\d+/dense(_\d+)?/)',
  'optimizer slot': r'.*/(Momentum|RMSProp(_1)?|Adam(_1)?)$',
  'moving average of weights': r'.*/ExponentialMovingAverage$',
}
_AVERAGE = '/ExponentialMovingAverage'
_SHOWN_FAULTS = 20


class Plan(NamedTuple):
  """Decides for each variable of a checkpoint whether a model takes it.

  Attributes:
    mapped: `{variable of the model: variable of the checkpoint}`.
    left: `{kind: variables of the checkpoint that are not needed}`.
  """

  mapped: dict[str, str]
  left: dict[str, list[str]]


def plan(
  stored: Mapping[str, list[int]],
  needed: Mapping[str, list[int]],
  *,
  backbone: str,
  backbone_only: bool = False,
  averages: bool = False,
) -> Plan:
  """Maps all variables of a checkpoint to those of a model.

  Args:
    stored: `{name: shape}` of the variables of the checkpoint.
    needed: `{name: shape}` of the variables of the model or of its backbone.
    backbone: scope of the backbone, such as `resnet50`. The names in a
      classification checkpoint may lack it.
    backbone_only: ignore all variables that are not of the backbone.
    averages: take the moving average of a weight if the checkpoint has one.

  Returns:
    The `Plan`.

  Raises:
    ValueError: a variable is missing, unknown or has another shape. The message
      names these variables.
  """
  scope = _missing_scope(stored, backbone)
  mapped, left, unknown = {}, {kind: [] for kind in IGNORED}, []
  for name in sorted(stored):
    scoped = name if name == 'global_step' else scope + name
    kind = _ignored_kind(scoped)
    if scoped in needed:
      mapped[scoped] = name
    elif kind is not None:
      left[kind].append(name)
    elif backbone_only and not scoped.startswith(f'{backbone}/'):
      left.setdefault('not of the backbone', []).append(name)
    else:
      unknown.append(name)
  result = Plan(mapped, left)
  if averages:
    result = _take_averages(result, stored)
  _refuse_faults(stored, needed, result.mapped, unknown)
  return result


def read(path: str) -> tuple[Any, dict[str, list[int]]]:
  """Opens a TF1 checkpoint.

  Args:
    path: prefix of its files, or a folder whose latest checkpoint is taken.

  Returns:
    A reader, and `{name: shape}` of all variables.

  Raises:
    ValueError: there is no such checkpoint, or its index cannot be read.
  """
  try:
    reader = tf.train.load_checkpoint(path)
    return reader, reader.get_variable_to_shape_map()
  except (tf.errors.OpError, ValueError, RuntimeError) as error:
    raise ValueError(
      f'expected the prefix of a TF1 checkpoint, got {path!r}: {error}'
    ) from error


def load(reader: Any, mapped: Mapping[str, str]) -> dict[str, np.ndarray]:
  """Reads the values of the mapped variables.

  Args:
    reader: the reader that `read` returns.
    mapped: `Plan.mapped`.

  Returns:
    `{variable of the model: value}`. The arrays have the shapes and dtypes of
    the checkpoint, and are finite.

  Raises:
    ValueError: a value cannot be read or is not finite. The message names the
      variable.
  """
  values = {}
  for scoped, name in mapped.items():
    try:
      value = reader.get_tensor(name)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
      raise ValueError(f'variable {name} cannot be read: {error}') from error
    if not np.all(np.isfinite(value)):
      raise ValueError(f'variable {name} holds values that are not finite.')
    values[scoped] = value
  return values


def _missing_scope(stored: Mapping[str, list[int]], backbone: str) -> str:
  """Returns the prefix that the names of a classification checkpoint lack."""
  if any(name.startswith(f'{backbone}/') for name in stored):
    return ''
  return f'{backbone}/' if 'conv2d/kernel' in stored else ''


def _ignored_kind(name: str) -> str | None:
  """Returns the kind in `IGNORED` that a name belongs to, or None."""
  for kind, pattern in IGNORED.items():
    if re.match(pattern, name):
      return kind
  return None


def _take_averages(result: Plan, stored: Mapping[str, list[int]]) -> Plan:
  """Maps weights to their moving averages, where the checkpoint has them."""
  mapped = {
    scoped: name + _AVERAGE if name + _AVERAGE in stored else name
    for scoped, name in result.mapped.items()
  }
  used = set(mapped.values())
  left = {
    kind: [name for name in names if name not in used]
    for kind, names in result.left.items()
  }
  return Plan(mapped, left)


def _refuse_faults(stored, needed, mapped, unknown) -> None:
  """Raises if a variable is missing, unknown or has another shape."""
  faults = [f'missing: {name}' for name in sorted(set(needed) - set(mapped))]
  faults += [
    f'of shape {list(stored[name])} instead of {list(needed[scoped])}: {name}'
    for scoped, name in sorted(mapped.items())
    if list(stored[name]) != list(needed[scoped])
  ]
  faults += [f'left over: {name}' for name in unknown]
  if not faults:
    return
  lines = ['the checkpoint is not one of this model; is it another recipe?']
  lines += faults[:_SHOWN_FAULTS]
  if len(faults) > _SHOWN_FAULTS:
    lines.append(f'... and {len(faults) - _SHOWN_FAULTS} more')
  raise ValueError('\n'.join(lines))
