"""The clock stops when the work in the background is done."""

import threading
import time
import types

import pytest
import tensorflow as tf

from copypaste_tf.costs import measure

BUSY = 0.15


def burn(seconds=BUSY):
  """Keeps one core busy, for so many seconds of CPU time."""
  end = time.thread_time() + seconds
  while time.thread_time() < end:
    pass


def start_burning():
  thread = threading.Thread(target=burn)
  thread.start()
  return thread


def test_settle_returns_when_background_work_ends():
  before = time.process_time()
  thread = start_burning()
  wall, cpu = measure.settle()
  assert not thread.is_alive()
  assert cpu - before >= 0.9 * BUSY
  assert time.perf_counter() - wall >= 0.05, 'the rest is not counted'


def test_work_that_goes_on_after_the_call_is_counted():
  samples = measure.interleaved(
    {'busy': lambda images: start_burning, 'idle': lambda images: int},
    images=10,
    rounds=2,
  )
  assert [len(rows) for rows in samples.values()] == [2, 2]
  for row in samples['busy']:
    assert 0.9 * BUSY <= 10 * row.cpu <= 2 * BUSY
    assert row.wall >= 0.9 * row.cpu
  assert all(10 * row.cpu < 0.3 * BUSY for row in samples['idle'])


def test_workloads_take_turns_and_warm_up_rounds_do_not_count(monkeypatch):
  monkeypatch.setattr(measure, 'settle', lambda: (0.0, 0.0))
  order, told = [], []

  def task(name):
    def prepare(images):
      order.append(f'{name}{images}')
      return lambda: order.append(name)

    return prepare

  samples = measure.interleaved(
    {'a': task('a'), 'b': task('b')}, images=3, rounds=2, progress=told.append
  )
  rounds = measure.WARM_UP + 2
  assert order == ['a3', 'a', 'b3', 'b'] * rounds
  assert {name: len(rows) for name, rows in samples.items()} == {'a': 2, 'b': 2}
  assert told[-1] == 'round 2 of 2' and len(told) == rounds


def counted(limit=1000):
  """Returns a dataset and the list of the elements taken from it."""
  taken = []

  def count():
    for i in range(limit):
      taken.append(i)
      yield i

  spec = tf.TensorSpec([], tf.int64)
  options = tf.data.Options()
  options.experimental_optimization.inject_prefetch = False
  dataset = tf.data.Dataset.from_generator(count, output_signature=spec)
  return dataset.with_options(options), taken


@pytest.mark.parametrize(('images', 'elements'), [(8, 2), (9, 3), (1, 1)])
def test_taking_rounds_images_up_to_whole_elements(images, elements):
  dataset, taken = counted()
  task = measure.taking(dataset, 4)
  task(images)
  assert not taken, 'preparing takes nothing'
  task(images)()
  assert len(taken) == elements
  task(images)()
  assert len(taken) == 2 * elements


def test_a_long_run_yields_points_at_equal_distances():
  dataset, taken = counted()
  points = list(measure.long_run(dataset, 5, batches=20, points=4))
  assert [point.batches for point in points] == [5, 10, 15, 20]
  assert len(taken) == 21
  assert all(point.images_per_second > 0 for point in points)
  few = measure.long_run(dataset, 5, batches=3, points=10)
  assert [point.batches for point in few] == [1, 2, 3]


def test_throughput_counts_images_since_the_previous_point(monkeypatch):
  seconds = [0.0]
  clock = types.SimpleNamespace(perf_counter=lambda: seconds[0])
  monkeypatch.setattr(measure, 'time', clock)

  def batches():
    while True:
      seconds[0] += 0.02
      yield None

  points = list(measure.long_run(batches(), 5, batches=6, points=2))
  assert [point.batches for point in points] == [3, 6]
  for point in points:
    assert point.images_per_second == pytest.approx(5 / 0.02)
