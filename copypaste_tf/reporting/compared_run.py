"""Describes runs that are compared with one another."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from copypaste_tf.config import config_types
from copypaste_tf.records import files
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.captions import Captions
from copypaste_tf.training.run import run_record


class ComparedRun(NamedTuple):
  """A run of a comparison.

  Attributes:
    label: short name, which no other run of the comparison has.
    run: the files of the run.
    metrics: metrics in [0, 1] by name, those of a class as `METRIC/CLASS`;
      empty without an evaluation.
    counts: annotated objects by class name; empty without an evaluation.
  """

  label: str
  run: Run
  metrics: Mapping[str, float]
  counts: Mapping[str, int]

  @property
  def captions(self) -> Captions:
    """Captions of the run's task."""
    return registry.build(self.run.params.task).captions


def labels(folders: Sequence[str]) -> list[str]:
  """Names runs by the parts of their paths in which they differ.

  Args:
    folders: paths of the runs.

  Returns:
    A name for each: `runs/none/1` and `runs/one/1` become `none` and `one`.

  Raises:
    ValueError: two paths lead to the same folder.
  """
  paths = [_absolute(folder) for folder in folders]
  if len(set(paths)) < len(paths):
    twice = next(path for path in paths if paths.count(path) > 1)
    raise ValueError(
      f'a run is compared with other runs, but {twice} is named twice by '
      '--model_dir and --compare'
    )
  parts = [path.split('/') for path in paths]
  start = _shared(parts)
  parts = [one[start:] for one in parts]
  end = _shared([one[::-1] for one in parts])
  names = ['/'.join(one[: len(one) - end]) for one in parts]
  if all(names):
    return names
  # One folder lies in another one.
  names = [os.path.basename(path) for path in paths]
  return names if len(set(names)) == len(names) else paths


def differences(
  runs: Sequence[ComparedRun],
) -> dict[str, list[Any]]:
  """Returns the settings in which runs differ.

  Args:
    runs: the runs.

  Returns:
    The values of the runs, in their order, by the path of the setting; None
    where a run has no such setting.
  """
  configs = [
    config_types.flatten(yaml.safe_load(run_record.to_yaml(one.run.params)))
    for one in runs
  ]
  names = dict.fromkeys(name for config in configs for name in config)
  rows = {name: [config.get(name) for config in configs] for name in names}
  return {
    name: values
    for name, values in rows.items()
    if any(value != values[0] for value in values)
  }


def held_out(run: Run) -> tuple[Any, ...] | None:
  """Identifies the held-out records of a run.

  Args:
    run: the run.

  Returns:
    Equal values for the same records, also for a copy of the files if the
    converter's manifest lies beside each copy, and for the same annotations;
    None if the records are gone.
  """
  try:
    paths = files.expand(run.params.task.validation_data.input_path)
  except FileNotFoundError:
    return None
  stated = files.shards(paths)
  annotations = run.params.task.annotation_file
  return (
    annotations and _absolute(annotations),
    *(_identity(path, stated.get(path, {})) for path in paths),
  )


def _identity(path: str, stated: Mapping[str, Any]) -> Any:
  """Returns what the manifest states of the content of a file, or its path."""
  if 'fingerprint' not in stated:
    return _absolute(path)
  return tuple(stated[name] for name in ('fingerprint', 'listing', 'size'))


def _absolute(path: str) -> str:
  return path.rstrip('/') if '://' in path else os.path.realpath(path)


def _shared(paths: Sequence[Sequence[str]]) -> int:
  """Returns the number of first parts that all paths have in common."""
  alike = [len(set(column)) == 1 for column in zip(*paths, strict=False)]
  return [*alike, False].index(False)
