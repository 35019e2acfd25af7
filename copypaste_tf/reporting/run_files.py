"""Reads the files that a run leaves in its `model_dir`."""

import os
import re
from typing import Any, NamedTuple

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf import whole_files
from copypaste_tf.reporting import events
from copypaste_tf.tasks import registry
from copypaste_tf.training.checkpoints import best
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import progress, run_record

_TRAIN, _VALIDATION = 'train', 'validation'  # Model Garden's folders.


class Run(NamedTuple):
  """The files of a run.

  Attributes:
    model_dir: folder of the run.
    params: config of the run.
    gin: gin text of the config.
    versions: command, machine and versions; see `versions.describe`.
    results: `results.json`; empty before the end of the run.
    predictions: content of the file that the evaluator of the task wrote at the
      last evaluation, such as COCO results; None without one.
    train: events of the training.
    validation: events of the evaluations.
    best: content of `best.json`, the metrics of the best checkpoint; None
      without an evaluation.
  """

  model_dir: str
  params: cfg.ExperimentConfig
  gin: str
  versions: dict[str, Any]
  results: dict[str, Any]
  predictions: Any
  train: events.Events
  validation: events.Events
  best: dict[str, Any] | None = None

  @property
  def recipe(self) -> str:
    """Name of the recipe; of the folder if the command names no recipe."""
    command = '\n'.join(self.versions.get('command', []))
    recipes = re.findall(r'^--?gin_file[=\n](.+)$', command, re.MULTILINE)
    name = recipes[-1] if recipes else os.path.normpath(self.model_dir)
    return os.path.splitext(os.path.basename(name))[0]

  @property
  def steps(self) -> int:
    """The last training step in the files."""
    done = [int(self.results.get('step', 0))]
    for curve in self.train.curves.values():
      done.append(int(curve.steps[-1]))
    return max(done)


def read(model_dir: str) -> Run:
  """Reads a run, finished or not.

  Args:
    model_dir: folder of the run.

  Raises:
    ValueError: the folder holds no run, or `params.yaml` does not load.
  """
  record = os.path.join(model_dir, run_record.PARAMS)
  if not tf.io.gfile.exists(record):
    raise ValueError(
      f'{model_dir} holds no run: it has no {run_record.PARAMS}. Train '
      'first: python -m copypaste_tf.train --gin_file=RECIPE '
      f'--model_dir={model_dir}'
    )
  params = gin_config.load(config_files=[record]).params
  folder = params.trainer.best_checkpoint_export_subdir
  output = registry.build(params.task).evaluator().output_file
  return Run(
    model_dir=model_dir,
    params=params,
    gin=_text(model_dir, run_record.GIN) or '',
    versions=_json(model_dir, run_record.VERSIONS) or {},
    results=_json(model_dir, progress.RESULTS) or {},
    predictions=_json(model_dir, output) if output else None,
    train=events.read(os.path.join(model_dir, _TRAIN)),
    validation=events.read(os.path.join(model_dir, _VALIDATION)),
    best=best.read(os.path.join(model_dir, folder)) if folder else None,
  )


def _text(model_dir: str, name: str) -> str | None:
  path = os.path.join(model_dir, name)
  if not tf.io.gfile.exists(path):
    return None
  return whole_files.read(path)


def _json(model_dir: str, name: str) -> Any:
  return whole_files.read_json(os.path.join(model_dir, name))
