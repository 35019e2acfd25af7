"""The history of a run: a line of JSON for each loop and each evaluation."""

import json
import statistics
import time
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files


class History:
  """Appends rows to a file, and goes on in that of an earlier session.

  Each row has `seconds`: how long the run took until then, all its sessions
  together. What a session did behind its last row is not known.

  Attributes:
    rows: all rows, also those of earlier sessions.
  """

  def __init__(self, path: str):
    """Reads what is there, and starts the clock.

    Args:
      path: of the file. A last line that a kill has cut off is removed.

    Raises:
      ValueError: another line is no JSON.
    """
    self._path = path
    self.rows = whole_files.read_rows(path, mend=True)
    self._started = time.monotonic()
    self._before = self.rows[-1].get('seconds', 0.0) if self.rows else 0.0

  @property
  def session_seconds(self) -> float:
    """Seconds of this session."""
    return time.monotonic() - self._started

  @property
  def seconds(self) -> float:
    """Seconds of all sessions."""
    return self._before + self.session_seconds

  def append(self, step: int, values: Mapping[str, float]) -> None:
    """Adds a row."""
    row = {'step': step, 'seconds': round(self.seconds, 1), **values}
    self.rows.append(row)
    with tf.io.gfile.GFile(self._path, 'a') as file:
      file.write(json.dumps(row) + '\n')

  def last(self, key: str) -> dict[str, Any]:
    """Returns the values of the last row that has a key, or an empty dict."""
    for row in reversed(self.rows):
      if key in row:
        return {k: v for k, v in row.items() if k not in ('step', 'seconds')}
    return {}

  def median(self, key: str) -> float | None:
    """Returns the median of a value over all rows that have it."""
    values = [row[key] for row in self.rows if key in row]
    return statistics.median(values) if values else None
