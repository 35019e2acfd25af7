"""Keeps the class names of the training records in the folder of the run."""

import json
import os

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.inputs import data_files, record_sets
from copypaste_tf.inputs.data_config import TrainData

LABEL_MAP = 'label_map.json'
"""File of the names by category id; `--label_map` reads the same form."""


def write(model_dir: str, data: TrainData) -> None:
  """Writes the class names of the records; none without a manifest.

  Args:
    model_dir: folder of the run.
    data: config of the training inputs.
  """
  names = of_records(record_sets.patterns(data))
  if names:
    text = json.dumps(dict(sorted(names.items())), indent=2, ensure_ascii=False)
    whole_files.write(os.path.join(model_dir, LABEL_MAP), text + '\n')


def read(model_dir: str) -> dict[int, str]:
  """Returns class names by category id; empty if the run has kept none.

  Args:
    model_dir: folder of a run.

  Raises:
    ValueError: the file is damaged.
  """
  path = os.path.join(model_dir, LABEL_MAP)
  return data_files.read_label_map(path) if tf.io.gfile.exists(path) else {}


def of_records(patterns: str) -> dict[int, str]:
  """Returns class names by category id; empty without records or a manifest.

  Args:
    patterns: paths of records, separated by commas.
  """
  try:
    return data_files.label_map(patterns)
  except FileNotFoundError:  # No such records.
    return {}
