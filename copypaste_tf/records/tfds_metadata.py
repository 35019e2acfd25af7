"""Describes the records of a folder for TensorFlow Datasets.

`tfds.builder_from_directory(folder)` then reads them: each set of records, such
as `train-00000-of-00032.tfrecord` and the like, is a split of that name. The
description follows from the manifests in the folder alone. So sets may be
written in any order, also at the same time, and TensorFlow Datasets is not
needed to write it.

Compressed records cannot be described, since a manifest knows none.
"""

import json
import os
import re
from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.examples import SCHEMA_VERSION
from copypaste_tf.records import files, shard_names, tfds_features

INFO, FEATURES, METADATA = FILES = (
  'dataset_info.json',
  'features.json',
  'metadata.json',
)
"""Names of the files; the first one tells which program wrote them."""
_OURS = 'copypaste_tf.records'
_MANIFEST = re.compile(r'(.+)-manifest\.json')
_DESCRIPTION = (
  'Images with the boxes, masks and classes of their objects. The features are '
  "those of Model Garden's records. image/planes has the masks a second time, "
  'without a file per object: an object whose image/object/plane_id is '
  '256 * p + v has the pixels of value v in the plane p. Features that a set '
  'does not state are empty. The metadata have the names of the classes by '
  'their ids, for each split.'
)


def write(folder: str) -> str | None:
  """Writes the description of the records of a folder, or updates an old one.

  It is removed if no set is left. Files that are up to date are not touched.

  Args:
    folder: path on any file system; empty for the working directory.

  Returns:
    None; a sentence if the folder holds such files of another data set, which
    are then left as they are.
  """
  foreign = _foreign(folder)
  if foreign:
    return (
      f'{foreign} describes another data set and is left as it is, so '
      'TensorFlow Datasets does not find these records; give them a folder of '
      'their own.'
    )
  written, wanted = None, contents(folder)
  # Another converter may finish a set meanwhile, and write this earlier.
  while wanted != written:
    for name in FILES if wanted else reversed(FILES):
      _replace(os.path.join(folder, name), wanted.get(name))
    written, wanted = wanted, contents(folder)
  return None


def contents(folder: str) -> dict[str, bytes]:
  """Returns the content of the files that describe the records of a folder.

  Args:
    folder: path on any file system; empty for the working directory.

  Returns:
    The content by name; empty if there is no whole set of records.
  """
  names = set(tf.io.gfile.listdir(folder or '.'))
  sets = {}
  for name in sorted(names):
    if match := _MANIFEST.fullmatch(name):
      manifest = _manifest(os.path.join(folder, name))
      if _is_whole(match[1], manifest, names):
        sets[match[1]] = manifest
  if not sets:
    return {}
  splits = _split_names(sets)
  labels = {splits[k]: one.get('label_map', {}) for k, one in sets.items()}
  described = {
    INFO: _info(splits, sets),
    FEATURES: tfds_features.described(),
    METADATA: {'label_map': labels},
  }
  return {name: _json(value) for name, value in described.items()}


def _foreign(folder: str) -> str | None:
  """Returns a file that is in the way and not written by this module."""
  paths = [os.path.join(folder, name) for name in FILES]
  # Looked for first: ours is written before the others and removed after them.
  if not any(map(tf.io.gfile.exists, paths)):
    return None
  if _manifest(paths[0]).get('moduleName') == _OURS:
    return None
  return next(filter(tf.io.gfile.exists, paths), None)


def _manifest(path: str) -> dict[str, Any]:
  """Reads a manifest; one that is damaged or gone by now describes nothing."""
  try:
    return files.read_manifest(path)
  except (ValueError, tf.errors.NotFoundError):
    return {}


def _is_whole(
  prefix: str, manifest: Mapping[str, Any], names: Collection[str]
) -> bool:
  """Returns whether the shards that a manifest states are all there."""
  shards = manifest.get('shards')
  # A brace in a name has a meaning in the names of tensorflow-datasets.
  if not shards or not isinstance(shards, list) or {*prefix} & {*'{}'}:
    return False
  expected = [
    shard_names.shard_path(prefix, index, len(shards))
    for index in range(len(shards))
  ]
  stated = [shard.get('file') for shard in shards]
  return stated == expected and names.issuperset(expected)


def _split_names(prefixes: Collection[str]) -> dict[str, str]:
  """Returns the name of each split: its prefix without dots and the like."""
  splits: dict[str, str] = {}
  for prefix in sorted(prefixes):
    name = re.sub(r'[^\w-]', '_', prefix)
    while name in splits.values():
      name += '_'
    splits[prefix] = name
  return splits


def _info(
  splits: Mapping[str, str], sets: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
  """Returns a `DatasetInfo`; JSON of protos writes 64 bits as text."""
  return {
    'name': 'copypaste_tf',
    'version': f'{SCHEMA_VERSION}.0.0',
    'description': _DESCRIPTION,
    'fileFormat': 'tfrecord',
    'moduleName': _OURS,
    'splits': [
      {
        'name': name,
        'filepathTemplate': prefix + '-{SHARD_X_OF_Y}.{FILEFORMAT}',
        'numBytes': str(sum(s['size'] for s in sets[prefix]['shards'])),
        'shardLengths': [
          str(shard['num_examples']) for shard in sets[prefix]['shards']
        ],
      }
      for prefix, name in splits.items()
    ],
  }


def _json(value: Any) -> bytes:
  text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
  return f'{text}\n'.encode('utf-8', 'backslashreplace')


def _replace(path: str, data: bytes | None) -> None:
  """Writes or removes a file, unless it is as wanted."""
  if data is None:
    whole_files.remove(path)
  elif not _holds(path, data):
    whole_files.write_bytes(path, data)


def _holds(path: str, data: bytes) -> bool:
  try:
    return whole_files.read_bytes(path) == data
  except tf.errors.NotFoundError:
    return False
