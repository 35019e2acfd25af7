"""Works on shards in several processes of this machine."""

import concurrent.futures
import dataclasses
import functools
import multiprocessing
import os
import threading
from collections.abc import Mapping
from typing import Any

import tqdm

from copypaste_tf.pools.pool import Work

_POLL_SECONDS = 0.2
_done = None


@dataclasses.dataclass(frozen=True)
class LocalPool:
  """A pool of processes; see `pool.Pool`.

  Attributes:
    num_workers: processes, at least 1; 1 works in the calling process.
  """

  num_workers: int

  def run(
    self, work: Work, tasks: Mapping[int, Any], *, images: int, prefix: str
  ) -> dict[int, Any]:
    """Does the work, with a progress bar; see `pool.Pool.run`."""
    del prefix  # Processes are given their tasks.
    with tqdm.tqdm(total=images, unit='image', disable=not tasks) as bar:
      if self.num_workers == 1 or len(tasks) < 2:
        update = functools.partial(bar.update, 1)
        return {
          index: work.function(index, task, update)
          for index, task in tasks.items()
        }
      return _run(work, tasks, min(self.num_workers, len(tasks)), bar)


def _run(
  work: Work, tasks: Mapping[int, Any], workers: int, bar: tqdm.tqdm
) -> dict[int, Any]:
  # A server that has imported TensorFlow and run none of it forks the workers:
  # forking a process that runs TensorFlow can hang.
  context = multiprocessing.get_context('forkserver')
  context.set_forkserver_preload([__name__, work.set_up.__module__])
  done = context.Value('q', 0)
  executor = concurrent.futures.ProcessPoolExecutor(
    workers, context, initializer=_start_worker, initargs=(done, work.set_up)
  )
  try:
    futures = {
      executor.submit(_do, work, index, task): index
      for index, task in tasks.items()
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


def _start_worker(done: Any, set_up: Any) -> None:
  global _done
  _done = done
  set_up()
  threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
  """Ends a worker whose parent was killed and cannot tell it to stop."""
  multiprocessing.parent_process().join()
  os._exit(1)


def _do(work: Work, index: int, task: Any) -> Any:
  return work.function(index, task, _count_image)


def _count_image() -> None:
  with _done.get_lock():
    _done.value += 1
