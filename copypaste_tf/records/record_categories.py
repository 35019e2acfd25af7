"""Lists the categories of each record: as text in manifests, or by reading."""

import collections
import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from copypaste_tf.examples import Features
from copypaste_tf.records import files, streams


def text(classes: np.ndarray) -> str:
  """Writes the categories of a record.

  Args:
    classes: `[n]` integer category ids of its objects.

  Returns:
    Each category once, with the number of its objects, such as `3:2 17:1`.
  """
  numbers, counts = np.unique(classes, return_counts=True)
  return ' '.join(f'{n}:{c}' for n, c in zip(numbers, counts, strict=True))


def parse(written: str) -> dict[int, int]:
  """Returns the number of objects by category, from the form of `text`."""
  pairs = (pair.split(':') for pair in written.split())
  return {int(number): int(count) for number, count in pairs}


def totals(
  written: Iterable[str],
) -> tuple[collections.Counter, collections.Counter]:
  """Adds records up.

  Args:
    written: records, in the form of `text`.

  Returns:
    The numbers of records and of objects by category.
  """
  records, objects = collections.Counter(), collections.Counter()
  for counts in map(parse, written):
    records.update(counts.keys())
    objects.update(counts)
  return records, objects


def stated(shard: dict) -> list[str] | None:
  """Returns the categories that a manifest states of a shard's records.

  Args:
    shard: an element of the manifest's `shards`.

  Returns:
    The text of each record; None in a manifest of an earlier version.
  """
  listed = shard['tally'].get('record_categories', ())
  return listed if len(listed) == shard['num_examples'] else None


def of_files(paths: Sequence[str]) -> list[list[str]]:
  """Lists the categories of all records.

  Files that no manifest describes are read, which takes a while: the log says
  so. Crowds do not count.

  Args:
    paths: TFRecord files.

  Returns:
    For each file, the text of each of its records.
  """
  shards = files.shards(paths)
  listed = {path: stated(shard) for path, shard in shards.items()}
  unknown = [path for path in paths if listed.get(path) is None]
  if unknown:
    listed |= dict(zip(unknown, _read(_versions(unknown)), strict=True))
  return [listed[path] for path in paths]


class _Version(NamedTuple):
  """A file as it is now."""

  path: str
  length: int
  changed: int


def _versions(paths: Sequence[str]) -> tuple[_Version, ...]:
  stats = [(path, tf.io.gfile.stat(path)) for path in paths]
  return tuple(_Version(p, s.length, s.mtime_nsec) for p, s in stats)


@functools.lru_cache(maxsize=4)  # A start needs them for its checks as well.
def _read(versions: tuple[_Version, ...]) -> list[list[str]]:
  logging.warning(
    'Reading %d record files, the first is %s: no manifest lists the '
    'categories of their records. Convert again to avoid this at each start.',
    len(versions),
    versions[0].path,
  )
  return [_read_file(version.path) for version in versions]


def _read_file(path: str) -> list[str]:
  """Reads the categories of a file's records."""
  spec = {
    key: tf.io.RaggedFeature(tf.int64)
    for key in (Features.CLASS, Features.CROWD)
  }
  parsed = streams.serialized([path]).map(
    lambda record: tf.io.parse_single_example(record, spec)
  )
  return [
    text(_countable(record[Features.CLASS], record[Features.CROWD]))
    for record in streams.untuned(parsed).as_numpy_iterator()
  ]


def _countable(classes: np.ndarray, crowd: np.ndarray) -> np.ndarray:
  """Leaves out crowds; a record without a flag for each object has none."""
  return classes[crowd == 0] if crowd.size == classes.size else classes
