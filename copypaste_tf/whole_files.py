"""Reads and writes text files atomically, and files of JSON lines."""

import json
from collections.abc import Iterable
from typing import Any

import tensorflow as tf


def write(path: str, text: str) -> None:
  """Writes a file; if the process is killed, the old file stays."""
  with tf.io.gfile.GFile(path + '.new', 'w') as file:
    file.write(text)
  tf.io.gfile.rename(path + '.new', path, overwrite=True)


def read_json(path: str) -> Any:
  """Returns the content of a JSON file; None if the file does not exist.

  Raises:
    ValueError: the file is damaged; the message names it.
  """
  if not tf.io.gfile.exists(path):
    return None
  with tf.io.gfile.GFile(path) as file:
    text = file.read()
  try:
    return json.loads(text)
  except json.JSONDecodeError as error:
    raise ValueError(f'{path} is not JSON: {error}') from error


def read_rows(path: str, *, mend: bool = False) -> list[dict[str, Any]]:
  """Returns the rows of a file of JSON lines; none if it does not exist.

  An incomplete last line, whose writer was killed, is ignored.

  Args:
    path: path of the file.
    mend: whether to remove an incomplete last line, so that rows can be
      appended.

  Raises:
    ValueError: another line is damaged; the message names the file.
  """
  if not tf.io.gfile.exists(path):
    return []
  with tf.io.gfile.GFile(path) as file:
    text = file.read()
  complete = text[: text.rfind('\n') + 1]
  try:
    rows = [json.loads(line) for line in complete.splitlines()]
  except json.JSONDecodeError as error:
    raise ValueError(
      f'{path} is damaged, remove it or the line: {error}'
    ) from error
  if mend and complete != text:
    write(path, complete)
  return rows


def write_rows(path: str, rows: Iterable[dict[str, Any]]) -> None:
  """Writes a file of JSON lines for `read_rows`."""
  write(path, ''.join(json.dumps(row) + '\n' for row in rows))
