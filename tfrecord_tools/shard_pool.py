"""Writes shards in a pool of workers, and finds those of earlier runs."""

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any

import tensorflow as tf

from copypaste_tf.pools.pool import Pool, Work
from tfrecord_tools import conversion, manifest, sharding, storage
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import ImageEntry

# A request to a remote file system takes long, but many fit at a time.
_THREADS = 16


def write(
  tasks: Mapping[int, Sequence[ImageEntry]], job: Job, pool: Pool
) -> dict[int, dict[str, Any]]:
  """Writes shards.

  Args:
    tasks: the images of each shard to write.
    job: the conversion.
    pool: who does it.

  Returns:
    The state of each shard.

  Raises:
    ConversionError: `job.stop` is set and something cannot be used.
  """
  work = Work(functools.partial(_write, job=job), hide_gpus)
  images = sum(map(len, tasks.values()))
  return pool.run(work, tasks, images=images, prefix=job.output_prefix)


def hide_gpus() -> None:
  """Hides the GPUs from TensorFlow, unless it has initialized them already.

  Their memory is then free for other processes.
  """
  with contextlib.suppress(RuntimeError):
    tf.config.set_visible_devices([], 'GPU')


def finished(
  tasks: Mapping[int, Sequence[ImageEntry]],
  job: Job,
  states: Mapping[str, dict[str, Any]],
) -> dict[int, dict[str, Any]]:
  """Finds the shards that an earlier run of the same job has completed.

  Args:
    tasks: the images of each shard.
    job: the conversion.
    states: state of each shard by its path.

  Returns:
    The state of each complete shard whose image files have not changed.
  """
  found = {index: states.get(_path(index, job)) for index in tasks}
  begun = {index: state for index, state in found.items() if state is not None}
  with futures.ThreadPoolExecutor(_THREADS) as threads:
    complete = threads.map(
      lambda index: _is_complete(index, tasks[index], job, begun[index]), begun
    )
    return {
      index: begun[index]
      for index, whole in zip(begun, complete, strict=True)
      if whole
    }


def _path(index: int, job: Job) -> str:
  return sharding.shard_path(job.output_prefix, index, job.num_shards)


def _is_complete(
  index: int, entries: Sequence[ImageEntry], job: Job, state: dict[str, Any]
) -> bool:
  tally = state['tally']
  # An earlier version counted no categories.
  counted = len(tally.get('record_categories', ()))
  return (
    counted == tally['num_examples']
    and state['size'] == storage.size(_path(index, job))
    and state['listing'] == conversion.listing(entries, job)
  )


def _write(
  index: int,
  entries: Sequence[ImageEntry],
  on_image: Callable[[], None],
  *,
  job: Job,
) -> dict[str, Any]:
  """Writes a shard, unless a worker that was lost has just done so."""
  path = sharding.state_path(_path(index, job))
  if storage.size(path) >= 0:
    state = manifest.read(path)
    same = state['fingerprint'] == job.fingerprint
    if same and _is_complete(index, entries, job, state):
      return state
  return conversion.write_shard(index, entries, job, on_image)
