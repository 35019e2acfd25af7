"""Samples images, distributes them over shards and names the files."""

import os
import re
from collections.abc import Iterable

from copypaste_tf.records.shard_names import lock_path as lock_path
from copypaste_tf.records.shard_names import manifest_path as manifest_path
from copypaste_tf.records.shard_names import shard_path as shard_path
from copypaste_tf.records.shard_names import state_path as state_path
from tfrecord_tools import splits, storage


def sample(
  image_ids: Iterable[int], *, fraction: float, seed: int
) -> list[int]:
  """Samples images in a random order.

  The sample and its order depend on the seed and the ids alone. The sample of a
  smaller fraction is a subset of that of a larger one with the same seed.

  Args:
    image_ids: unique ids in any order.
    fraction: share of the images, above 0 and at most 1. It is rounded to
      whole images, at least one.
    seed: any integer.

  Returns:
    The ids of the sample.

  Raises:
    ValueError: `fraction` is out of range.
  """
  if not 0 < fraction <= 1:
    raise ValueError(f'fraction must be above 0 and at most 1, got {fraction}.')
  ranked = sorted(image_ids, key=lambda image_id: splits.rank(seed, image_id))
  return ranked[: max(1, round(fraction * len(ranked)))]


def deal(image_ids: list[int], num_shards: int) -> list[list[int]]:
  """Distributes images over shards in turn.

  Args:
    image_ids: the ids in order.
    num_shards: at least 1.

  Returns:
    One list of ids per shard.
  """
  return [image_ids[i::num_shards] for i in range(num_shards)]


def split_prefix(prefix: str, name: str) -> str:
  """Returns the path and beginning of the names of a split's shards."""
  return f'{prefix}{name}' if prefix.endswith('/') else f'{prefix}-{name}'


def existing(prefix: str, *, temporary: bool) -> list[str]:
  """Lists files of earlier runs with this prefix.

  Args:
    prefix: path and beginning of the names of the shards.
    temporary: whether to list half-written files of a killed run. If not, the
      shards and their state files are listed.

  Returns:
    Paths, sorted.
  """
  folder, name = os.path.split(prefix)
  stem = re.escape(name) + r'-(\d{5}-of-\d{5}\.tfrecord(\.json)?'
  pattern = rf'{stem})'
  if temporary:
    # The names of `whole_files.temporary`, also of what a pool keeps.
    kinds = 'manifest\\.json|tasks|results|fault'
    pattern = rf'\.{stem}|{kinds})\.[0-9a-f]+\.tmp'
  names = [f for f in storage.names(folder or '.') if re.fullmatch(pattern, f)]
  return sorted(os.path.join(folder, f) for f in names)


def splits_made(prefix: str) -> dict[str, str]:
  """Lists names that the splits of this prefix may have, by their manifests.

  Args:
    prefix: path and beginning of the names, without a split.

  Returns:
    Path of the manifest by name.
  """
  folder, begin = os.path.split(split_prefix(prefix, ''))
  stem = re.escape(begin) + r'([\w.-]+)-manifest\.json'
  found = {}
  for file in sorted(storage.names(folder or '.')):
    if match := re.fullmatch(stem, file):
      found[match[1]] = os.path.join(folder, file)
  return found
