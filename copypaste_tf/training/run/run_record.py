"""Writes and compares the record of a run: config, gin file and versions."""

import dataclasses
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import gin
import tensorflow as tf
import yaml
from official.core import config_definitions as cfg
from official.modeling import hyperparams

from copypaste_tf import whole_files
from copypaste_tf.config import config_types
from copypaste_tf.tasks import registry
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.config.gin_config import Resolved
from copypaste_tf.training.run import versions

PARAMS, GIN, VERSIONS = 'params.yaml', 'config.gin', 'versions.json'
OPERATIVE = 'operative.gin'
# Settings of devices, intervals and outputs: a resumed run may change them.
_CHANGEABLE = (
  'runtime.',
  'trainer.steps_per_loop',
  'trainer.summary_interval',
  'trainer.checkpoint_interval',
  'trainer.validation_interval',
  'trainer.max_to_keep',
  'trainer.continuous_eval_timeout',
  'trainer.best_checkpoint',
  'task.panels_every',
  'task.divergence.',
  'task.train_data.data_service',
  'task.train_data.deterministic',
  'task.train_data.prefetch_mib',
  'task.per_category_metrics',
)
_ABSENT = object()
_EMPTY = ([], '')  # Older records may lack such values.


def write(
  model_dir: str,
  resolved: Resolved,
  *,
  overwrite: bool,
  hardware: Mapping[str, Any] | None = None,
) -> str | None:
  """Writes the record of a run that is about to start or resume.

  A record of another config is kept beside it, as `params-1.yaml` and so on.

  Args:
    model_dir: folder of the run; made if it does not exist.
    resolved: the config.
    overwrite: replace the record of another config.
    hardware: `devices.Devices.record` of the run.

  Returns:
    The path of the other record that was kept; None without one.

  Raises:
    ValueError: as in `refuse_other_config`.
  """
  changes = refuse_other_config(model_dir, resolved.params, overwrite=overwrite)
  tf.io.gfile.makedirs(model_dir)
  kept = _keep_other(model_dir) if changes else None
  _write(model_dir, PARAMS, to_yaml(resolved.params))
  _write(model_dir, GIN, resolved.gin)
  strategy = resolved.params.runtime.distribution_strategy
  environment = versions.describe(strategy) | dict(hardware or {})
  _write(model_dir, VERSIONS, json.dumps(environment, indent=2) + '\n')
  return kept


def refuse_other_config(
  model_dir: str,
  params: cfg.ExperimentConfig,
  *,
  overwrite: bool,
  trains: bool = True,
) -> list[str]:
  """Refuses a folder that holds a run of another config.

  A folder without a checkpoint holds no run: its record is that of a start that
  failed, which another training may replace.

  Args:
    model_dir: folder of a run, or a new folder.
    params: the config.
    overwrite: accept another config.
    trains: whether a training starts; else any record must fit.

  Returns:
    The accepted changes, as `differences` lists them.

  Raises:
    ValueError: the configs differ. The message lists the differences.
  """
  changes = differences(model_dir, params)
  if not changes or overwrite:
    return changes
  if not trains or last_good.list_checkpoints(model_dir)[0]:
    raise ValueError(
      f'{model_dir} holds a run of another config. Choose another --model_dir, '
      f'or pass --overwrite_record to go on with the changes:{_listed(changes)}'
    )
  return changes


def refuse_other_workers(configs: Sequence[str]) -> None:
  """Refuses workers of one run that were started with different configs.

  Args:
    configs: the config of each worker, from `to_yaml`.

  Raises:
    ValueError: a config differs from that of worker 0. The message lists the
      differences of the first such worker.
  """
  for number, config in enumerate(configs):
    changes = _changes(configs[0], config)
    if changes:
      raise ValueError(
        f'worker {number} was started with another config than worker 0; give '
        f'all of them the same flags:{_listed(changes)}'
      )


def write_operative(model_dir: str) -> None:
  """Writes the gin bindings that were used to the folder of the run."""
  _write(model_dir, OPERATIVE, gin.operative_config_str())


def differences(model_dir: str, params: cfg.ExperimentConfig) -> list[str]:
  """Lists the differences between a config and the record of a folder.

  Args:
    model_dir: folder of a run, or a new folder.
    params: the config.

  Returns:
    A line `path: recorded value -> new value` for each difference; none if the
    folder has no record. Settings in `_CHANGEABLE` are not compared.

  Raises:
    ValueError: the record of the folder is damaged.
  """
  path = os.path.join(model_dir, PARAMS)
  if not tf.io.gfile.exists(path):
    return []
  text = whole_files.read(path)
  try:
    return _changes(_completed(text, params), to_yaml(params))
  except (yaml.YAMLError, AttributeError) as error:
    raise ValueError(
      f'{path} is no record of a run ({str(error).splitlines()[0]}); remove '
      'it, or choose another --model_dir'
    ) from error


def _completed(text: str, params: cfg.ExperimentConfig) -> str:
  """Adds the fields that a record lacks, because its version had none.

  A run of that version did what the default of the field does now.
  """
  record = yaml.safe_load(text)
  _complete(record, params)
  return yaml.safe_dump(record)


def _complete(record: dict[str, Any], config: hyperparams.Config) -> None:
  # Calling the class would give the bindings of gin, not the defaults.
  fields = {field.name: field for field in dataclasses.fields(config)}
  for name in config.as_dict():
    field, value = fields[name], getattr(config, name)
    if field.default is not dataclasses.MISSING:
      record.setdefault(name, _plain(field.default))
    elif isinstance(value, hyperparams.Config):
      record.setdefault(name, {})
    if isinstance(value, hyperparams.Config) and record[name] is not None:
      _complete(record[name], value)


def _keep_other(model_dir: str) -> str:
  """Renames the record of another config; returns its new path."""
  stem, end = os.path.splitext(os.path.join(model_dir, PARAMS))
  free = (f'{stem}-{number}{end}' for number in itertools.count(1))
  kept = next(path for path in free if not tf.io.gfile.exists(path))
  tf.io.gfile.rename(os.path.join(model_dir, PARAMS), kept)
  return kept


def _changes(old: str, new: str) -> list[str]:
  """Compares two configs from `to_yaml`, except for changeable settings."""
  old, new = (_leaves(text) for text in (old, new))
  for config in (old, new):
    # Records of older versions name no task.
    config['task.name'] = config.get('task.name') or registry.DEFAULT
  return [
    f'{name}: {old.get(name, "absent")!r} -> {new.get(name, "absent")!r}'
    for name in sorted(old.keys() | new.keys())
    if old.get(name, _ABSENT) != new.get(name, _ABSENT)
    and not name.startswith(_CHANGEABLE)
  ]


def _leaves(text: str) -> dict[str, Any]:
  """Flattens a config, without its empty values."""
  leaves = config_types.flatten(yaml.safe_load(text))
  return {path: value for path, value in leaves.items() if value not in _EMPTY}


def _listed(changes: Sequence[str]) -> str:
  """Formats the first 20 changes, a line each."""
  shown = [*changes[:20], *(['...'] if changes[20:] else [])]
  return ''.join(f'\n  {change}' for change in shown)


def to_yaml(params: cfg.ExperimentConfig) -> str:
  """Formats a config as YAML that `--config_file` and Model Garden read."""
  return yaml.safe_dump(_plain(params.as_dict()), sort_keys=False)


def _plain(value: Any) -> Any:
  """Turns tuples into lists, because plain YAML has no tuples."""
  if isinstance(value, Mapping):
    return {name: _plain(item) for name, item in value.items()}
  if isinstance(value, (list, tuple)):
    return [_plain(item) for item in value]
  return value


def _write(model_dir: str, name: str, text: str) -> None:
  with tf.io.gfile.GFile(os.path.join(model_dir, name), 'w') as file:
    file.write(text)
