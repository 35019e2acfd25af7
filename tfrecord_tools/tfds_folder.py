"""Finds the files of data sets that TensorFlow Datasets has prepared.

Its own code is not needed: `dataset_info.json` tells the files of each split,
and the names of the classes lie beside it.
"""

import os
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from tfrecord_tools import manifest, storage

# The form of the names if `dataset_info.json` states none.
_TEMPLATE = '{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}'
_CLASSES = 'objects-label.labels.txt'
_VERSION = re.compile(r'(?a)\d+\.\d+\.\d+')


class Shard(NamedTuple):
  """A file of a split.

  Attributes:
    path: the file.
    num_examples: examples that it should have.
  """

  path: str
  num_examples: int


class Split(NamedTuple):
  """A split of a prepared data set.

  Attributes:
    dataset: such as `voc`.
    name: such as `voc/2007:train`.
    shards: its files.
    classes: names of the classes by label; labels count from 0.
  """

  dataset: str
  name: str
  shards: tuple[Shard, ...]
  classes: tuple[str, ...]


def splits(tfds_dir: str, sets: Iterable[str]) -> list[Split]:
  """Finds splits.

  Args:
    tfds_dir: folder of the data sets, such as `~/tensorflow_datasets`.
    sets: such as `voc/2007:train+validation`; without a split, all splits.

  Returns:
    The splits in this order.

  Raises:
    FileNotFoundError: a data set is not prepared, or a file is missing.
    ValueError: no set is named, there is no such split, or the files are of
      another format than TFRecord.
  """
  found = []
  for text in sets:
    name, _, chosen = text.strip().partition(':')
    folder = _folder(tfds_dir, name)
    info = manifest.read(os.path.join(folder, 'dataset_info.json'))
    if info.get('fileFormat', 'tfrecord') != 'tfrecord':
      raise ValueError(
        f'{folder}: expected files of the format tfrecord, got '
        f'{info["fileFormat"]}; prepare the data set with file_format='
        '"tfrecord".'
      )
    stated = {split['name']: split for split in info.get('splits', ())}
    for key in chosen.split('+') if chosen else stated:
      if key not in stated:
        raise ValueError(
          f'--tfds={text}: expected splits of {sorted(stated)}, got {key!r}.'
        )
      found.append(_split(folder, f'{name}:{key}', info, stated[key]))
  if not found:
    raise ValueError(
      '--tfds: expected data sets with splits, such as voc/2007:train, got '
      'none.'
    )
  return found


def _folder(tfds_dir: str, name: str) -> str:
  """Returns the folder of the newest version of a data set."""
  folder = os.path.join(tfds_dir, name)
  entries = [entry.rstrip('/') for entry in storage.names(folder)]
  if 'dataset_info.json' in entries:
    return folder
  versions = [entry for entry in entries if _VERSION.fullmatch(entry)]
  if not versions:
    raise FileNotFoundError(
      f'{folder}: expected a folder of a version such as 5.0.0, got '
      f'{sorted(entries)[:8] or "none"}. Prepare the data set with '
      f'tfds.builder({name!r}).download_and_prepare(), or name its folder with '
      '--tfds_dir.'
    )
  newest = max(versions, key=lambda text: [*map(int, text.split('.'))])
  return os.path.join(folder, newest)


def _split(
  folder: str, name: str, info: dict[str, Any], split: dict[str, Any]
) -> Split:
  lengths = [int(length) for length in split.get('shardLengths', ())]
  template = split.get('filepathTemplate') or _TEMPLATE
  shards = tuple(
    Shard(
      os.path.join(folder, _file(template, info, split, i, len(lengths))), n
    )
    for i, n in enumerate(lengths)
  )
  for shard in shards:
    if storage.size(shard.path) < 0:
      raise FileNotFoundError(
        f'{shard.path}: no such file, although dataset_info.json states it; '
        'prepare the data set again.'
      )
  return Split(info.get('name', ''), name, shards, _classes(folder))


def _file(
  template: str,
  info: dict[str, Any],
  split: dict[str, Any],
  index: int,
  count: int,
) -> str:
  """Returns the name of a file of a split."""
  values = {
    'DATASET': info.get('name', ''),
    'SPLIT': split['name'],
    'FILEFORMAT': 'tfrecord',
    'SHARD_INDEX': f'{index:05d}',
    'NUM_SHARDS': f'{count:05d}',
    'SHARD_X_OF_Y': f'{index:05d}-of-{count:05d}',
  }
  # The braces of an unknown field stay, so that no such file is found.
  return re.sub(
    r'\{(\w+)\}', lambda match: values.get(match[1], match[0]), template
  )


def _classes(folder: str) -> tuple[str, ...]:
  path = os.path.join(folder, _CLASSES)
  content = storage.read(path)
  if content is None:
    raise FileNotFoundError(
      f'{path}: no such file; expected the classes of a data set with labelled '
      'objects, such as voc, coco or lvis.'
    )
  lines = content.decode().splitlines()
  return tuple(line.strip() for line in lines if line.strip())
