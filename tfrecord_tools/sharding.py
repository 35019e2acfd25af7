"""Which images are taken, and which shard each goes to."""

import hashlib
import os
import re
from collections.abc import Iterable


def select(
  image_ids: Iterable[int], *, fraction: float, seed: int
) -> list[int]:
  """Takes a random part of the images, in a random order.

  Both depend on the seed and on the ids alone, and a smaller fraction lies
  within every larger one of the same seed.

  Args:
    image_ids: unique ids in any order.
    fraction: part to take, above 0 and at most 1; rounded to whole images,
      at least one.
    seed: any integer.

  Returns:
    The ids taken.

  Raises:
    ValueError: `fraction` is out of range.
  """
  if not 0 < fraction <= 1:
    raise ValueError(f'fraction lies above 0 and up to 1, got {fraction}.')
  ranked = sorted(image_ids, key=lambda image_id: _rank(seed, image_id))
  return ranked[: max(1, round(fraction * len(ranked)))]


def deal(image_ids: list[int], num_shards: int) -> list[list[int]]:
  """Deals images out to shards, one to each in turn.

  Args:
    image_ids: of `select`.
    num_shards: at least 1.

  Returns:
    One list of ids per shard.
  """
  return [image_ids[i::num_shards] for i in range(num_shards)]


def shard_path(prefix: str, index: int, num_shards: int) -> str:
  """Names a shard."""
  return f'{prefix}-{index:05d}-of-{num_shards:05d}.tfrecord'


def state_path(shard: str) -> str:
  """Names the file that tells, until the end, how a shard was made."""
  return f'{shard}.json'


def manifest_path(prefix: str) -> str:
  """Names the manifest of a data set."""
  return f'{prefix}-manifest.json'


def existing(prefix: str, *, temporary: bool) -> list[str]:
  """Lists files of earlier runs with this prefix.

  Args:
    prefix: of the shards.
    temporary: whether to list what a killed run left half-written, or else
      the shards and their state files.

  Returns:
    Paths, sorted.
  """
  folder, name = os.path.split(prefix)
  stem = re.escape(name) + r'-(\d{5}-of-\d{5}\.tfrecord(\.json)?'
  pattern = rf'\.{stem}|manifest\.json)\.\d+\.tmp' if temporary else rf'{stem})'
  found = [f for f in os.listdir(folder or '.') if re.fullmatch(pattern, f)]
  return sorted(os.path.join(folder, f) for f in found)


def _rank(seed: int, image_id: int) -> bytes:
  return hashlib.sha256(f'{seed}:{image_id}'.encode()).digest()
