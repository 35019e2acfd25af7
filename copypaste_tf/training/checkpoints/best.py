"""Keeps the best checkpoint of a run, which is never pruned.

The folder holds one checkpoint, which `tf.train.latest_checkpoint` finds, and
`best.json`: its name, step and metrics. If the run is killed during a save, the
folder holds either the previous checkpoint with its metrics or the new one. The
checkpoint that `best.json` names is complete.
"""

import json
import math
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.training.checkpoints import last_good

FILE = 'best.json'


class Best:
  """Saves a checkpoint after an evaluation if its metric is the best so far.

  Attributes:
    record: contents of `best.json`; None without a best checkpoint.
  """

  def __init__(
    self,
    checkpoint: tf.train.Checkpoint,
    folder: str,
    metric: str,
    previous_folder: str | None = None,
  ):
    """Reads the record, and removes the files of an interrupted save.

    Args:
      checkpoint: checkpoint of the run, whose variables are saved.
      folder: folder of the best checkpoint.
      metric: name of the metric to compare; higher is better.
      previous_folder: folder with the best checkpoint so far; None means
        `folder`.

    Raises:
      ValueError: `best.json` is damaged.
    """
    self._checkpoint, self._folder = checkpoint, folder
    self._metric = metric
    previous_folder = previous_folder or folder
    self.record = read(previous_folder)
    if self.record and not _exists(previous_folder, self.record):
      self.record = None  # The checkpoint was removed by hand.
    if self.record and previous_folder == folder:
      self._tidy()

  def __call__(self, step: int, metrics: Mapping[str, float]) -> bool:
    """Saves the checkpoint if it is the best.

    Args:
      step: step of the run.
      metrics: metrics of the current values of the variables.

    Returns:
      True if it was saved.

    Raises:
      ValueError: there is no such metric.
    """
    if self._metric not in metrics:
      raise ValueError(
        f'trainer.best_checkpoint_eval_metric: expected one of '
        f'{", ".join(sorted(metrics))}, got {self._metric!r}'
      )
    value = float(metrics[self._metric])
    before = (self.record or {}).get(self._metric, -math.inf)
    if not value > before:
      return False
    tf.io.gfile.makedirs(self._folder)
    name = f'ckpt-{step}'
    self._checkpoint.write(os.path.join(self._folder, name))
    self.record = {
      'checkpoint': name,
      'step': step,
      'metric': self._metric,
      **{key: float(value) for key, value in metrics.items()},
    }
    path = os.path.join(self._folder, FILE)
    whole_files.write(path, json.dumps(self.record, indent=2) + '\n')
    self._tidy()
    return True

  def _tidy(self) -> None:
    """Lists the best checkpoint for TensorFlow, and removes all others."""
    name = self.record['checkpoint']
    last_good.write_list(self._folder, [name])
    for path in tf.io.gfile.glob(os.path.join(self._folder, 'ckpt-*')):
      if os.path.basename(path).partition('.')[0] == name:
        continue
      if tf.io.gfile.isdir(path):  # Left by an unfinished save.
        tf.io.gfile.rmtree(path)
      else:
        tf.io.gfile.remove(path)


def _exists(folder: str, record: Mapping[str, Any]) -> bool:
  index = os.path.join(folder, f'{record["checkpoint"]}.index')
  return tf.io.gfile.exists(index)


def read(folder: str) -> dict[str, Any] | None:
  """Returns `best.json`: checkpoint, step, metric and all metrics, or None."""
  return whole_files.read_json(os.path.join(folder, FILE))
