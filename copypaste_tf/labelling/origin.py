"""Describes what the labels of a shard are made with, part by part.

A finished shard states these parts. A run refuses to go on with shards that
another checkpoint, config, set of rules or input has made, and says which.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf import whole_files
from copypaste_tf.examples import SCHEMA_VERSION
from copypaste_tf.records import files

_VERSION = 1  # Increase it if the same settings give other labels.


def of_checkpoint(prefix: str) -> str:
  """Returns a digest of a checkpoint: its index has a checksum of each value.

  Args:
    prefix: path prefix of the checkpoint.
  """
  return whole_files.sha256(f'{prefix}.index')


def of_config(params: cfg.ExperimentConfig) -> str:
  """Returns a digest of the settings on which detections depend.

  Args:
    params: the config; its training settings make no difference.
  """
  data = params.task.validation_data
  return digest(
    {
      'task': params.task.name,
      'model': params.task.model.as_dict() if params.task.model else None,
      'precision': params.runtime.mixed_precision_dtype,
      'dtype': data.dtype,
      'half_pixel_centers': data.half_pixel_centers,
    }
  )


def describe(
  params: cfg.ExperimentConfig,
  checkpoint: str,
  names: Mapping[int, str],
  settings: Mapping[str, Any],
) -> dict[str, Any]:
  """Returns what all shards of a run are made with, as JSON can hold it.

  Args:
    params: the config.
    checkpoint: path prefix of the checkpoint.
    names: class names by category id.
    settings: values of the flags on which the labels depend, by name.
  """
  return {
    'checkpoint': of_checkpoint(checkpoint),
    'config': of_config(params),
    'version': [SCHEMA_VERSION, _VERSION],
    'label_map': digest(sorted(names.items())),
    **json.loads(json.dumps(dict(settings))),
  }


class Inputs:
  """Identifies the input shards.

  Attributes:
    paths: the files, one for each shard.
  """

  def __init__(self, paths: Sequence[str]):
    self.paths = list(paths)
    self._stated = files.shards(paths)
    self._known: dict[int, dict[str, Any]] = {}

  def __len__(self) -> int:
    return len(self.paths)

  def identity(self, index: int) -> dict[str, Any]:
    """Returns size and digest of a file.

    The digest is that of its state in the manifest. Without a manifest that
    fits the file, it is that of its bytes, which are read for it.

    Args:
      index: number of the shard.
    """
    if index not in self._known:
      path = self.paths[index]
      stated = self._stated.get(path)
      self._known[index] = {
        'size': tf.io.gfile.stat(path).length,
        'sha256': digest(stated) if stated else whole_files.sha256(path),
      }
    return self._known[index]

  def num_records(self, index: int) -> int | None:
    """Returns the number of records that a manifest states, or None."""
    return self._stated.get(self.paths[index], {}).get('num_examples')


def difference(
  made: Mapping[str, Any], wanted: Mapping[str, Any]
) -> str | None:
  """Returns the first part that differs with both values, or None."""
  for name, value in wanted.items():
    if made.get(name) != value:
      return f'{name} {_short(made.get(name))} instead of {_short(value)}'
  return None


def _short(value: Any) -> str:
  text = json.dumps(value)
  return text if len(text) <= 100 else f'{text[:97]}...'


def digest(data: Any) -> str:
  """Returns a digest of data that JSON can hold."""
  text = json.dumps(data, sort_keys=True, default=str)
  return hashlib.sha256(text.encode()).hexdigest()
