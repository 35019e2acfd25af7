"""TF1 checkpoints of the published models: read, account for, assign."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

# What a checkpoint may hold beside the model's own variables.
LEFT = {
  'step counter': r'global_step$',
  'ImageNet classifier': r'(efficientnet-b\d/head/|resnet\d+/dense(_\d+)?/)',
  'optimizer slot': r'.*/(Momentum|RMSProp(_1)?|Adam(_1)?)$',
  'moving average of weights': r'.*/ExponentialMovingAverage$',
}
_AVERAGE = '/ExponentialMovingAverage'


class Plan(NamedTuple):
  """What becomes of the variables of a checkpoint.

  Attributes:
    mapped: `{variable of the model: variable of the checkpoint}`.
    left: `{kind: names}` of what was deliberately left.
  """

  mapped: dict[str, str]
  left: dict[str, list[str]]


def plan(
  stored: Mapping[str, list[int]],
  wanted: Mapping[str, list[int]],
  *,
  backbone: str,
  backbone_only: bool = False,
  averages: bool = False,
) -> Plan:
  """Accounts for every variable.

  Args:
    stored: `{name: shape}` of the checkpoint.
    wanted: `{name: shape}` of the model, or of its backbone.
    backbone: scope of the backbone, such as `resnet50`; a classification
      checkpoint may lack it.
    backbone_only: what is not of the backbone is left.
    averages: take the moving average of a weight where there is one.

  Returns:
    The `Plan`.

  Raises:
    ValueError: a variable is missing, left over or of another shape; names
      them.
  """
  scope = ''
  if not any(name.startswith(f'{backbone}/') for name in stored):
    scope = f'{backbone}/' if 'conv2d/kernel' in stored else ''
  mapped, left, over = {}, {kind: [] for kind in LEFT}, []
  for name in sorted(stored):
    full = name if name == 'global_step' else scope + name
    kind = _kind(full)
    if full in wanted:
      mapped[full] = name
    elif kind is not None:
      left[kind].append(name)
    elif backbone_only and not full.startswith(f'{backbone}/'):
      left.setdefault('not of the backbone', []).append(name)
    else:
      over.append(name)
  if averages:
    mapped = {
      full: name + _AVERAGE if name + _AVERAGE in stored else name
      for full, name in mapped.items()
    }
    used = set(mapped.values())
    left = {
      kind: [name for name in names if name not in used]
      for kind, names in left.items()
    }
  _refuse(stored, wanted, mapped, over)
  return Plan(mapped, left)


def read(path: str) -> tuple[Any, dict[str, list[int]]]:
  """Opens a TF1 checkpoint.

  Args:
    path: prefix of its files, or a folder with the latest one.

  Returns:
    A reader and `{name: shape}`.

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
  """Reads the mapped variables.

  Args:
    reader: of `read`.
    mapped: of a `Plan`.

  Returns:
    `{variable of the model: value}`.

  Raises:
    ValueError: a value cannot be read or is not finite; names the variable.
  """
  values = {}
  for full, name in mapped.items():
    try:
      value = reader.get_tensor(name)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
      raise ValueError(f'variable {name} cannot be read: {error}') from error
    if not np.all(np.isfinite(value)):
      raise ValueError(f'variable {name} holds values that are not finite.')
    values[full] = value
  return values


def _kind(name: str) -> str | None:
  for kind, pattern in LEFT.items():
    if re.match(pattern, name):
      return kind
  return None


def _refuse(stored, wanted, mapped, over) -> None:
  """Raises if a variable is not accounted for."""
  faults = [f'missing: {name}' for name in sorted(set(wanted) - set(mapped))]
  faults += [
    f'of shape {list(stored[name])} instead of {list(wanted[full])}: {name}'
    for full, name in sorted(mapped.items())
    if list(stored[name]) != list(wanted[full])
  ]
  faults += [f'left over: {name}' for name in over]
  if faults:
    more = [f'... and {len(faults) - 20} more'] if len(faults) > 20 else []
    raise ValueError(
      '\n'.join(
        ['the checkpoint is not one of this model; is it another recipe?']
        + faults[:20]
        + more
      )
    )
