"""Counts the images and the objects of each category of record sets."""

import collections
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from copypaste_tf.records import files, record_categories

# LVIS: rare categories are in at most 10 training images, common ones in 100.
_MOST_RARE, _MOST_COMMON = 10, 100


class CategoryCounts(NamedTuple):
  """Counts of records for each of k classes; row 0 is background.

  Attributes:
    images: `[k]` int64, records with at least one object, crowds left out.
    instances: `[k]` int64, objects, crowds left out.
    frequencies: k times `r` (rare), `c` (common) or `f` (frequent); '' for ids
      without a category.
    names: k names; '' for ids without a category.
    num_records: records that were counted.
  """

  images: np.ndarray
  instances: np.ndarray
  frequencies: list[str]
  names: list[str]
  num_records: int


def read(patterns: str, num_classes: int | None = None) -> CategoryCounts:
  """Reads the counts of records from their manifests.

  Several manifests add up. Where they state no frequency of a category, it
  follows from the images of these records, and the log says so.

  Args:
    patterns: TFRecords of the training set, or manifests: paths or glob
      patterns, separated by commas. If they match only some shards of a set,
      only these count.
    num_classes: classes with the background; category ids lie below it. None
      takes the smallest number that fits.

  Returns:
    The counts.

  Raises:
    FileNotFoundError: a pattern matches nothing.
    ValueError: records have no manifest with counts, two manifests name a
      category differently, or a category id is too large.
  """
  parts = [*_parts(patterns)]
  if num_classes is None:
    ids = [int(k) for _, one, _ in parts for k in one.get('label_map', {})]
    num_classes = max(ids, default=0) + 1
  images, instances = np.zeros([2, num_classes], np.int64)
  names: dict[int, str] = {}
  frequencies: dict[int, str] = {}
  num_records = 0
  for path, manifest, shards in parts:
    _join_names(path, names, manifest, num_classes)
    _join_frequencies(frequencies, manifest)
    texts = _texts(path, shards)
    for counts, found in zip(
      (images, instances), record_categories.totals(texts), strict=True
    ):
      for number, count in found.items():
        counts[number] += count
    num_records += len(texts)
  _complete(frequencies, names, images, patterns)
  every = range(num_classes)
  return CategoryCounts(
    images,
    instances,
    [frequencies.get(number, '') for number in every],
    [names.get(number, '') for number in every],
    num_records,
  )


def _parts(patterns: str):
  """Yields each manifest with its path and those of its shards that count."""
  listed = [p.strip() for p in patterns.split(',') if p.strip()]
  manifests = [path for path in listed if path.endswith('.json')]
  paths = files.expand(','.join(p for p in listed if p not in manifests))
  stated = files.shards(paths)
  by_manifest = collections.defaultdict(list)
  for path in paths:
    if path not in stated:
      raise ValueError(
        f'{path}: no manifest counts the categories of this file; convert the '
        'data set again, or name the manifest of the training records.'
      )
    by_manifest[files.manifest_path(path)].append(stated[path])
  for path, shards in by_manifest.items():
    yield path, files.read_manifest(path), shards
  for path in manifests:
    manifest = _existing(path)
    yield path, manifest, manifest.get('shards', [])


def _existing(path: str) -> dict[str, Any]:
  if not tf.io.gfile.exists(path):
    raise FileNotFoundError(f'no file matches {path!r}')
  return files.read_manifest(path)


def _texts(path: str, shards: list[dict[str, Any]]) -> list[str]:
  texts = []
  for shard in shards:
    listed = record_categories.stated(shard)
    if listed is None:
      raise ValueError(
        f'{path}: an earlier version made it, without counts of categories; '
        'convert the data set again with the same flags.'
      )
    texts += listed
  return texts


def _join_names(
  path: str,
  names: dict[int, str],
  manifest: Mapping[str, Any],
  num_classes: int,
) -> None:
  for key, name in manifest.get('label_map', {}).items():
    number = int(key)
    if number >= num_classes:
      raise ValueError(
        f'{path}: category {number} ({name}) does not fit num_classes = '
        f'{num_classes}; set model.num_classes = {number + 1} or more.'
      )
    known = names.setdefault(number, name)
    if known != name:
      raise ValueError(
        f'{path}: category {number} is {name!r} here and {known!r} in the '
        'records before; records of different label maps do not add up.'
      )


def _join_frequencies(
  frequencies: dict[int, str], manifest: Mapping[str, Any]
) -> None:
  for key, details in manifest.get('categories', {}).items():
    if details.get('frequency'):
      frequencies.setdefault(int(key), details['frequency'])


def _complete(
  frequencies: dict[int, str],
  names: Mapping[int, str],
  images: np.ndarray,
  patterns: str,
) -> None:
  """Adds the frequencies that no manifest states."""
  missing = [number for number in names if number not in frequencies]
  if not missing:
    return
  # Data of another form than LVIS's have none; only a gap may be a mistake.
  logging.log(
    logging.WARNING if frequencies else logging.INFO,
    '%s state no frequency of %d of %d categories. It follows from the images '
    'of these records: r up to %d, c up to %d, else f.',
    patterns,
    len(missing),
    len(names),
    _MOST_RARE,
    _MOST_COMMON,
  )
  for number in missing:
    count = images[number]
    frequencies[number] = 'r' if count <= _MOST_RARE else 'c'
    if count > _MOST_COMMON:
      frequencies[number] = 'f'
