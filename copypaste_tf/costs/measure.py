"""Times work that goes on in the background, as that of `tf.data` does.

A pipeline works ahead of what is asked of it. So the clock stops only when the
process has come to rest: from rest to rest, with all buffers full at both ends,
it does exactly the work for what was taken from it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.training.run import memory

# Rounds in which functions are compiled and `tf.data` enlarges its buffers: the
# work to fill these looks like work for what is taken.
WARM_UP = 5

Task = Callable[[int], Callable[[], object]]
"""Takes a number of images; returns what is to be timed, ready to be called."""


class Sample(NamedTuple):
  """Seconds for an image: of all threads of the process, and by the clock."""

  cpu: float
  wall: float


class Point(NamedTuple):
  """A moment of a long run.

  Attributes:
    batches: taken so far.
    images_per_second: since the moment before.
    rss_mib: memory of the process, MiB.
  """

  batches: int
  images_per_second: float
  rss_mib: float


def settle(
  *, pause: float = 0.01, quiet: int = 6, share: float = 0.05
) -> tuple[float, float]:
  """Waits until the process rests.

  Args:
    pause: seconds between two looks.
    quiet: looks in a row that see no work.
    share: of one core, below which there is no work.

  Returns:
    `perf_counter` and `process_time` of when it began to rest.
  """
  now = rest = time.perf_counter(), time.process_time()
  seen = 0
  while seen < quiet:
    time.sleep(pause)
    before, now = now, (time.perf_counter(), time.process_time())
    if now[1] - before[1] > share * (now[0] - before[0]):
      rest, seen = now, 0
    else:
      seen += 1
  return rest


def interleaved(
  tasks: Mapping[str, Task],
  *,
  images: int,
  rounds: int,
  progress: Callable[[str], object] = lambda _: None,
) -> dict[str, list[Sample]]:
  """Times tasks in turn, so that a drift of the machine hits them all.

  Args:
    tasks: by name.
    images: of each task in each round.
    rounds: how many, after `WARM_UP` ones that do not count.
    progress: takes a line after every round.

  Returns:
    One sample of each round for each task.
  """
  samples = {name: [] for name in tasks}
  for number in range(1 - WARM_UP, rounds + 1):
    for name, task in tasks.items():
      sample = _timed(task(images), images)
      if number > 0:
        samples[name].append(sample)
    progress(f'round {number} of {rounds}' if number > 0 else 'warming up')
  return samples


def taking(dataset: tf.data.Dataset, size: int) -> Task:
  """Returns the task of taking elements from one iterator.

  Args:
    dataset: endless.
    size: images in an element.
  """
  iterator = iter(dataset)

  def task(images):
    def take():
      for _ in range(-(-images // size)):
        next(iterator)

    return take

  return task


def long_run(
  dataset: tf.data.Dataset, size: int, *, batches: int, points: int = 10
) -> Iterator[Point]:
  """Takes many batches and looks at throughput and memory on the way.

  Args:
    dataset: endless.
    size: images in an element.
    batches: to take, after a first one that is not timed.
    points: how often to look.

  Yields:
    A `Point` after each part of the batches.
  """
  iterator = iter(dataset)
  next(iterator)
  done, start = 0, time.perf_counter()
  for number in range(1, points + 1):
    stop = batches * number // points
    if stop == done:
      continue
    for _ in range(stop - done):
      next(iterator)
    seconds = time.perf_counter() - start
    yield Point(stop, (stop - done) * size / seconds, memory.rss_mib())
    done, start = stop, time.perf_counter()


def _timed(work: Callable[[], object], images: int) -> Sample:
  settle()
  wall, cpu = time.perf_counter(), time.process_time()
  work()
  end_wall, end_cpu = settle()
  return Sample((end_cpu - cpu) / images, (end_wall - wall) / images)
