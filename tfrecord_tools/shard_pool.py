"""Writes shards in several processes and finds those of earlier runs."""

import concurrent.futures
import functools
import multiprocessing
import os
import threading
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tqdm

from tfrecord_tools import conversion, sharding
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import ImageEntry

_POLL_SECONDS = 0.2
_done = None


def write(
  tasks: dict[int, Sequence[ImageEntry]], job: Job, num_workers: int
) -> dict[int, dict[str, Any]]:
  """Writes shards in parallel, with a progress bar.

  Args:
    tasks: the images of each shard to write.
    job: the conversion.
    num_workers: processes; 1 works in this one.

  Returns:
    The state of each shard.

  Raises:
    ConversionError: `job.stop` is set and something cannot be used.
  """
  total = sum(map(len, tasks.values()))
  with tqdm.tqdm(total=total, unit='image', disable=not tasks) as bar:
    if num_workers == 1 or len(tasks) < 2:
      update = functools.partial(bar.update, 1)
      return {
        index: conversion.write_shard(index, entries, job, update)
        for index, entries in tasks.items()
      }
    return _write_in_pool(tasks, job, min(num_workers, len(tasks)), bar)


def finished(
  tasks: dict[int, Sequence[ImageEntry]],
  job: Job,
  states: dict[str, dict[str, Any]],
) -> dict[int, dict[str, Any]]:
  """Finds the shards that an earlier run of the same job has completed.

  Args:
    tasks: the images of each shard.
    job: the conversion.
    states: state of each shard by its path.

  Returns:
    The state of each complete shard whose image files have not changed.
  """
  complete = {}
  for index, entries in tasks.items():
    path = sharding.shard_path(job.output_prefix, index, job.num_shards)
    state = states.get(path)
    if state is None or not os.path.exists(path):
      continue
    tally = state['tally']
    # An earlier version counted no categories.
    counted = len(tally.get('record_categories', ()))
    if counted != tally['num_examples']:
      continue
    same_size = state['size'] == os.path.getsize(path)
    if same_size and state['listing'] == conversion.listing(entries, job):
      complete[index] = state
  return complete


def _write_in_pool(
  tasks: dict[int, Sequence[ImageEntry]], job: Job, workers: int, bar: tqdm.tqdm
) -> dict[int, dict[str, Any]]:
  # A server that has imported TensorFlow and run none of it forks the workers:
  # forking a process that runs TensorFlow can hang.
  context = multiprocessing.get_context('forkserver')
  context.set_forkserver_preload([__name__])
  done = context.Value('q', 0)
  executor = concurrent.futures.ProcessPoolExecutor(
    workers, context, initializer=_start_worker, initargs=(done,)
  )
  try:
    futures = {
      executor.submit(_work, index, entries, job): index
      for index, entries in tasks.items()
    }
    pending = set(futures)
    while pending:
      ready, pending = concurrent.futures.wait(
        pending,
        _POLL_SECONDS,
        return_when=concurrent.futures.FIRST_EXCEPTION,
      )
      bar.update(done.value - bar.n)
      for future in ready:
        future.result()
    return {index: future.result() for future, index in futures.items()}
  finally:  # After an error or Ctrl-C, no other shard begins.
    executor.shutdown(cancel_futures=True)


def _start_worker(done: Any) -> None:
  global _done
  _done = done
  # Each worker would otherwise claim the memory of a GPU that it never uses.
  tf.config.set_visible_devices([], 'GPU')
  threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
  """Ends a worker whose parent was killed and cannot tell it to stop."""
  multiprocessing.parent_process().join()
  os._exit(1)


def _work(
  index: int, entries: Sequence[ImageEntry], job: Job
) -> dict[str, Any]:
  return conversion.write_shard(index, entries, job, _count_image)


def _count_image() -> None:
  with _done.get_lock():
    _done.value += 1
