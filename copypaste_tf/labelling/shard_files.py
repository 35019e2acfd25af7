"""Finds, writes and reads the files of a set of labelled shards.

Beside a shard lies its state, until the manifest holds all of them. Paths may
be on any file system of TensorFlow.
"""

import json
import os
import re
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.records import files
from copypaste_tf.records.shard_names import SHARD
from copypaste_tf.records.shard_names import lock_path as lock_path
from copypaste_tf.records.shard_names import manifest_path as manifest_path
from copypaste_tf.records.shard_names import shard_path as shard_path
from copypaste_tf.records.shard_names import state_path as state_path


def locks(prefix: str) -> list[str]:
  """Lists the locks of a prefix and of its shards, sorted."""
  folder, name = os.path.split(prefix)
  return _matching(folder, rf'\.{re.escape(name)}({SHARD})?\.lock')


def existing(prefix: str) -> list[str]:
  """Lists the shards and states of a prefix, sorted."""
  folder, name = os.path.split(prefix)
  return _matching(folder, rf'{re.escape(name)}{SHARD}(\.json)?')


def remove_unfinished(shard: str) -> None:
  """Removes what killed attempts at a shard and its state have left."""
  folder, name = os.path.split(shard)
  _remove(folder, rf'\.{re.escape(name)}(\.json)?\.\w+\.tmp')


def remove_hidden(prefix: str) -> None:
  """Removes the locks and the unfinished files of all shards of a prefix."""
  folder, name = os.path.split(prefix)
  _remove(folder, rf'\.{re.escape(name)}({SHARD}|\.lock).*')


def _remove(folder: str, pattern: str) -> None:
  for path in _matching(folder, pattern):
    whole_files.remove(path)


def _matching(folder: str, pattern: str) -> list[str]:
  names = tf.io.gfile.listdir(folder or '.')
  found = [name for name in names if re.fullmatch(pattern, name)]
  return [os.path.join(folder, name) for name in sorted(found)]


def write_json(path: str, content: dict[str, Any]) -> None:
  """Writes a manifest or a state; if the process is killed, the old stays."""
  text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
  whole_files.write_bytes(path, f'{text}\n'.encode())


def read_json(path: str) -> dict[str, Any] | None:
  """Reads a manifest or a state.

  Returns:
    Its content; None if it does not exist, {} if it is damaged.
  """
  try:
    return files.read_manifest(path)
  except tf.errors.NotFoundError:
    return None
  except ValueError:
    return {}
