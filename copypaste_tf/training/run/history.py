"""Writes the history of a run: a line of JSON for each loop and evaluation."""

import json
import statistics
import time
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files


class History:
  """Appends rows to the history file of a run.

  A run that is stopped and resumed has several sessions and one file. Each row
  has `seconds`, the duration of all sessions so far. The time of a session
  after its last row is not counted.

  Attributes:
    rows: all rows, those of earlier sessions first.
  """

  def __init__(self, path: str):
    """Reads the rows of earlier sessions and starts the clock.

    Args:
      path: path of the file. If a kill has cut off its last line, that line is
        removed.

    Raises:
      ValueError: another line is not JSON.
    """
    self._path = path
    self.rows = whole_files.read_rows(path, mend=True)
    self._started = time.monotonic()
    self._before = self.rows[-1].get('seconds', 0.0) if self.rows else 0.0

  @property
  def session_seconds(self) -> float:
    """Duration of this session so far, in seconds."""
    return time.monotonic() - self._started

  @property
  def seconds(self) -> float:
    """Duration of all sessions so far, in seconds."""
    return self._before + self.session_seconds

  def append(self, step: int, values: Mapping[str, float]) -> None:
    """Appends a row.

    Args:
      step: number of training steps done.
      values: the other values of the row.
    """
    row = {'step': step, 'seconds': round(self.seconds, 1), **values}
    self.rows.append(row)
    with tf.io.gfile.GFile(self._path, 'a') as file:
      file.write(json.dumps(row) + '\n')

  def last(self, key: str) -> dict[str, Any]:
    """Returns the values of the last row that has `key`, or an empty dict."""
    for row in reversed(self.rows):
      if key in row:
        return {k: v for k, v in row.items() if k not in ('step', 'seconds')}
    return {}

  def median(self, key: str) -> float | None:
    """Returns the median of a value over all rows that have it, or None."""
    values = [row[key] for row in self.rows if key in row]
    return statistics.median(values) if values else None
