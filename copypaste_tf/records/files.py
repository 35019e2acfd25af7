"""Reads TFRecord files, and the manifests that lie beside them."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.records import shard_names, streams


def expand(patterns: str) -> list[str]:
  """Lists the files that match comma-separated paths or glob patterns.

  Args:
    patterns: paths, such as `data/train*.tfrecord,data/extra.tfrecord`.

  Returns:
    Files, sorted within each pattern, without JSON files such as manifests.

  Raises:
    FileNotFoundError: a pattern matches nothing.
  """
  files = []
  for pattern in filter(None, (p.strip() for p in patterns.split(','))):
    matches = sorted(tf.io.gfile.glob(pattern))
    matches = [path for path in matches if not path.endswith('.json')]
    if not matches:
      raise FileNotFoundError(f'no file matches {pattern!r}')
    files.extend(matches)
  return files


def read_serialized(paths: Iterable[str]) -> Iterator[tuple[str, int, bytes]]:
  """Yields the serialized records of TFRecord files.

  Args:
    paths: files, plain or compressed, read in this order.

  Yields:
    File, index of the record in the file, serialized example.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a file is truncated or fails its checksums. The message names
      the file and the record.
  """
  for path in map(str, paths):
    index = 0
    try:
      for serialized in streams.serialized([path]).as_numpy_iterator():
        yield path, index, serialized
        index += 1
    except tf.errors.NotFoundError as error:
      raise FileNotFoundError(f'{path}: no such file.') from error
    except tf.errors.DataLossError as error:
      raise ValueError(
        f'{path}: record {index}: the file is truncated or corrupt here '
        f'({streams.reason(error)}); convert it again.'
      ) from error


def manifest_path(record_file: str) -> str | None:
  """Returns the path of the converter's manifest of a shard.

  Args:
    record_file: such as `out/train-00000-of-00032.tfrecord`.

  Returns:
    Such as `out/train-manifest.json`; None for a file of another name.
  """
  match = re.fullmatch(f'(.+){shard_names.SHARD}', record_file)
  return shard_names.manifest_path(match[1]) if match else None


def manifest_paths(paths: Iterable[str]) -> list[str]:
  """Returns the manifests of TFRecord files that exist, each once."""
  named = dict.fromkeys(manifest_path(str(path)) for path in paths)
  return [path for path in named if path and tf.io.gfile.exists(path)]


def read_manifest(path: str) -> dict[str, Any]:
  """Reads a manifest.

  Raises:
    ValueError: the file is not a JSON object.
  """
  contents = read_json(path)
  if not isinstance(contents, dict):
    raise ValueError(
      f'{path}: expected an object, got {type(contents).__name__}'
    )
  return contents


def read_json(path: str) -> Any:
  """Reads a JSON file.

  Raises:
    ValueError: it is not JSON; the message names the file.
  """
  content = whole_files.read_bytes(path)
  try:
    return json.loads(content.decode())
  except ValueError as error:  # The syntax or the encoding is wrong.
    raise ValueError(f'{path} is not JSON: {error}') from error


def read_manifests(paths: Iterable[str]) -> list[dict[str, Any]]:
  """Reads the manifests of TFRecord files, each once.

  Args:
    paths: files; those without a manifest are skipped.

  Returns:
    The manifests in the order of the files.

  Raises:
    ValueError: as in `read_manifest`.
  """
  return [read_manifest(path) for path in manifest_paths(paths)]


def shards(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
  """Returns what manifests state of TFRecord files, by file.

  Args:
    paths: files.

  Returns:
    The state of each shard, such as `num_examples`. A file is left out if no
    manifest lists it, or if its size is another one than the manifest's.

  Raises:
    ValueError: as in `read_manifest`.
  """
  wanted, stated = {*map(str, paths)}, {}
  for manifest in manifest_paths(wanted):
    folder = os.path.dirname(manifest)
    for shard in read_manifest(manifest).get('shards', []):
      path = os.path.join(folder, shard['file'])
      if path in wanted and tf.io.gfile.stat(path).length == shard['size']:
        stated[path] = shard
  return stated
