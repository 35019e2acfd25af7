"""Divides the shards among machines, by numbers or by locks."""

import os
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import tensorflow as tf

from copypaste_tf.labelling import shard_files
from copypaste_tf.training.run import folder_lock


def numbered(missing: Sequence[int], worker: int, workers: int) -> list[int]:
  """Returns the shards of a machine: those with `index % workers == worker`."""
  return [index for index in missing if index % workers == worker]


def claimed(
  missing: Sequence[int],
  path_of: Callable[[int], str],
  finished: Callable[[int], bool],
) -> Iterator[int]:
  """Yields shards that no other machine works on, each while it is locked.

  Shards with a lock are left for the end. A lock whose owner was killed is then
  taken over, after a wait for a sign of its owner. Machines begin at different
  shards.

  Args:
    missing: numbers of the shards that are not finished.
    path_of: returns the path of a shard.
    finished: tells whether a shard is finished by now.
  """
  locked = []
  for index in _turned(missing):
    if tf.io.gfile.exists(shard_files.claim_path(path_of(index))):
      locked.append(index)
    else:
      yield from _while_locked(index, path_of, finished)
  for index in locked:
    yield from _while_locked(index, path_of, finished)


def _while_locked(index, path_of, finished) -> Iterator[int]:
  if finished(index):
    return
  try:
    lock = folder_lock.Lock(shard_files.claim_path(path_of(index)))
  except folder_lock.LockedError:
    return
  try:
    if not finished(index):  # Its owner may have finished it since.
      yield index
  finally:
    lock.release()


def _turned(indices: Iterable[int]) -> list[int]:
  """Returns the numbers from a place of this process on, then the others."""
  listed = list(indices)
  name = f'{socket.gethostname()} {os.getpid()}'.encode()
  start = zlib.crc32(name) % max(len(listed), 1)
  return listed[start:] + listed[:start]
