"""Divides the shards among processes, by numbers and by locks.

Every process locks a shard before it works on it. So processes may come and go,
and two that are started with the same shards share them.
"""

import os
import socket
import uuid
import zlib
from collections.abc import Generator, Iterator, Sequence

import tensorflow as tf

from copypaste_tf import file_lock
from copypaste_tf.file_lock import Lock, LockedError, Place
from copypaste_tf.labelling import origin, shard_files, shards
from copypaste_tf.labelling.shards import Job


def numbered(missing: Sequence[int], worker: int, workers: int) -> list[int]:
  """Returns the shards of a machine: those with `index % workers == worker`."""
  return [index for index in missing if index % workers == worker]


def require_no_others(job: Job) -> None:
  """Refuses to work beside processes that make these files in another way.

  Raises:
    LockedError: such a process is alive.
  """
  _require_only(job, _note(job))


def alone(job: Job) -> Lock:
  """Returns a lock of all shards, for a job whose workers take no locks.

  Raises:
    LockedError: a process that labels these files is alive.
  """
  nobody = uuid.uuid4().hex
  _require_only(job, nobody)
  return Lock(shard_files.lock_path(job.output), _place(job), nobody)


def _require_only(job: Job, note: str) -> None:
  """Refuses to work beside processes whose locks have another note."""
  for path in shard_files.locks(job.output):
    file_lock.require_free(path, _place(job), note)


def claimed(missing: Sequence[int], job: Job) -> Generator[int, None, None]:
  """Yields shards that no other process works on, each while it is locked.

  Shards with a lock are left for the end. A lock whose owner was killed is then
  taken over, after a wait for a sign of its owner. Where others are at work
  already, each process begins at another shard.

  Args:
    missing: numbers of the shards that are not finished.
    job: the job.
  """
  locked = []
  for index in _turned(missing) if shard_files.locks(job.output) else missing:
    if tf.io.gfile.exists(shard_files.lock_path(job.path(index))):
      locked.append(index)
    else:
      yield from _while_locked(index, job)
  for index in locked:
    yield from _while_locked(index, job)


def _while_locked(index: int, job: Job) -> Iterator[int]:
  if shards.is_finished(job, index):
    return
  path = shard_files.lock_path(job.path(index))
  try:
    lock = Lock(path, _place(job), _note(job))
  except LockedError:
    return
  with lock:
    if not shards.is_finished(job, index):  # Its owner may have done so since.
      yield index


def _place(job: Job) -> Place:
  return Place('--output', job.output, 'labels these files')


def _note(job: Job) -> str:
  """Returns what processes that share their work have in common."""
  return origin.digest([dict(job.made_with), len(job.inputs)])


def _turned(indices: Sequence[int]) -> list[int]:
  """Returns the numbers from a place of this process on, then the others."""
  name = f'{socket.gethostname()} {os.getpid()}'.encode()
  start = zlib.crc32(name) % max(len(indices), 1)
  return [*indices[start:], *indices[:start]]
