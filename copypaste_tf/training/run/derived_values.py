"""Keeps values that a training computed from its data in the run's folder."""

import json
import os
from collections.abc import Mapping
from typing import Any

from copypaste_tf import whole_files
from copypaste_tf.training.checkpoints import last_good


def keep(model_dir: str, values: Mapping[str, Any], *, overwrite: bool) -> None:
  """Writes the values of a new run, and compares those of an earlier one.

  Args:
    model_dir: folder of the run.
    values: result of `Task.derived`.
    overwrite: accept other values.

  Raises:
    ValueError: the run has a checkpoint and began with other values.
  """
  begun = last_good.list_checkpoints(model_dir)[0] and not overwrite
  for name, value in values.items():
    path = os.path.join(model_dir, name)
    old = whole_files.read_json(path)
    if begun and old is not None and old != value:
      raise ValueError(
        f'{path} differs from what the training data give now. Bring back the '
        'data that the run began with, choose another --model_dir, or pass '
        '--overwrite_record to go on with the new values.'
      )
    whole_files.write(path, json.dumps(value) + '\n')
