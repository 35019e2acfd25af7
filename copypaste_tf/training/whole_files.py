"""Text files that are there whole or not at all, and lines of JSON."""

import json
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
