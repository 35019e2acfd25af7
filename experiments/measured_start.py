"""Identifies the weights that a run started from."""

import os
from typing import Any

from copypaste_tf import whole_files
from copypaste_tf.training.checkpoints import initial

from .rows import Row


def digest(checkpoint: str) -> str:
  """Identifies a checkpoint by its contents, whatever its folder.

  Args:
    checkpoint: an `init_checkpoint`; empty for random weights.

  Returns:
    A digest of its index, which has a checksum of each value; the path if the
    checkpoint is gone; empty for random weights.
  """
  if not checkpoint:
    return ''
  try:
    prefix = initial.find(checkpoint)
  except ValueError:
    return checkpoint
  return whole_files.sha256(f'{prefix}.index')


def fault(task: Any, start: str) -> str:
  """Returns what is wrong with the start of a run; empty if nothing is.

  Args:
    task: config of the run's task.
    start: path, below all runs, of the run that it must start from; empty for a
      row that names none.
  """
  begun = task.init_checkpoint
  if not start or f'/{os.path.normpath(begun)}'.endswith(f'/{start}'):
    return ''
  return f'started from {begun or "random weights"} and not from {start}'


def named(row: Row) -> tuple[str, ...]:
  """Returns what a row says about its start; rows that say the same share it.

  Args:
    row: the row.
  """
  lines = [line for line in row.bindings if '.init_checkpoint ' in line]
  return row.start, *lines
