"""Text files that are there whole or not at all, and lines of JSON."""

import json
from collections.abc import Iterable
from typing import Any

import tensorflow as tf


def write(path: str, text: str) -> None:
  """Writes a file; one that is killed meanwhile leaves that of before."""
  with tf.io.gfile.GFile(path + '.new', 'w') as file:
    file.write(text)
  tf.io.gfile.rename(path + '.new', path, overwrite=True)


def read_json(path: str) -> Any:
  """Returns what a JSON file holds; None where there is no file.

  Raises:
    ValueError: it is damaged; the message names it.
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
  """Returns the rows of a file with a line of JSON each; none without a file.

  Args:
    path: of the file. A last line that has no end, since its writer was killed,
      is left out.
    mend: whether to remove that line, so that rows can be appended.

  Raises:
    ValueError: another line is damaged; the message names the file.
  """
  if not tf.io.gfile.exists(path):
    return []
  with tf.io.gfile.GFile(path) as file:
    text = file.read()
  whole = text[: text.rfind('\n') + 1]
  try:
    rows = [json.loads(line) for line in whole.splitlines()]
  except json.JSONDecodeError as error:
    raise ValueError(
      f'{path} is damaged, remove it or the line: {error}'
    ) from error
  if mend and whole != text:
    write(path, whole)
  return rows


def write_rows(path: str, rows: Iterable[dict[str, Any]]) -> None:
  """Writes what `read_rows` reads."""
  write(path, ''.join(json.dumps(row) + '\n' for row in rows))
