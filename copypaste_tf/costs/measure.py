"""Times work that runs in the background, such as that of `tf.data`.

A pipeline prefetches. The clock therefore starts and stops when the process is
idle. All buffers are full at both moments, so the work in between is exactly
the work for the images that were taken.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.training.run import memory

# Rounds in which functions are compiled and buffers are filled; this work would
# count as work for the images that are taken.
WARM_UP = 2

Workload = Callable[[int], Callable[[], object]]
"""Takes a number of images; returns the function to time."""


class Sample(NamedTuple):
  """Seconds per image: CPU time of all threads, and time by the clock."""

  cpu: float
  wall: float


class Point(NamedTuple):
  """A sample of a long run.

  Attributes:
    batches: number of batches taken so far.
    images_per_second: throughput since the previous sample.
    rss_mib: memory of the process in MiB.
  """

  batches: int
  images_per_second: float
  rss_mib: float


def settle(
  *, pause: float = 0.01, quiet: int = 6, share: float = 0.05
) -> tuple[float, float]:
  """Waits until the process is idle.

  Args:
    pause: seconds between two samples of the CPU time.
    quiet: number of consecutive idle samples to wait for.
    share: share of one core below which a sample is idle.

  Returns:
    `perf_counter` and `process_time` of the moment when it became idle.
  """
  now = idle = time.perf_counter(), time.process_time()
  seen = 0
  while seen < quiet:
    time.sleep(pause)
    before, now = now, (time.perf_counter(), time.process_time())
    if now[1] - before[1] > share * (now[0] - before[0]):
      idle, seen = now, 0
    else:
      seen += 1
  return idle


def interleaved(
  workloads: Mapping[str, Workload],
  *,
  images: int,
  rounds: int,
  progress: Callable[[str], object] = lambda _: None,
) -> dict[str, list[Sample]]:
  """Times workloads in turn, so that drift of the machine affects all alike.

  Args:
    workloads: workloads by name.
    images: images per workload and round.
    rounds: number of rounds that count, after `WARM_UP` that do not.
    progress: called with a line of text after every round.

  Returns:
    The samples of each workload, one per round.
  """
  samples = {name: [] for name in workloads}
  for number in range(1 - WARM_UP, rounds + 1):
    for name, workload in workloads.items():
      sample = _timed(workload(images), images)
      if number > 0:
        samples[name].append(sample)
    progress(f'round {number} of {rounds}' if number > 0 else 'warming up')
  return samples


def taking(dataset: tf.data.Dataset, size: int) -> Workload:
  """Builds the workload of taking elements from one iterator.

  Args:
    dataset: an infinite data set.
    size: images in an element.
  """
  iterator = iter(dataset)

  def workload(images):
    def take():
      for _ in range(-(-images // size)):
        next(iterator)

    return take

  return workload


def long_run(
  dataset: tf.data.Dataset, size: int, *, batches: int, points: int = 10
) -> Iterator[Point]:
  """Takes many batches and samples throughput and memory on the way.

  Args:
    dataset: an infinite data set.
    size: images in an element.
    batches: number of batches to take, after one that is not timed.
    points: number of samples.

  Yields:
    A `Point` after each of `points` equal parts of the batches.
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
