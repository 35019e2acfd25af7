import time

import pytest

from copypaste_tf.costs import step_benchmark
from copypaste_tf.costs import step_functions as functions
from copypaste_tf.costs.step_functions import WITHOUT


def test_functions_are_called_in_turns():
  order, progress = [], []
  calls = {name: lambda name=name: order.append(name) for name in 'abc'}
  times = step_benchmark.measure(
    calls, rounds=3, progress=lambda *numbers: progress.append(numbers)
  )
  assert ''.join(order) == 'abc' + 'cba' + 'abc' + 'cba'
  assert progress[0] == (1, 12) and progress[-1] == (12, 12)
  assert {len(x) for x in times.seconds.values()} == {3}
  assert set(times.first) == {*'abc'}


def test_the_first_call_is_apart():
  waits = iter([0.2, 0, 0])
  times = step_benchmark.measure(
    {'x': lambda: time.sleep(next(waits))}, rounds=2
  )
  assert times.first['x'] >= 0.2 > 0.1 > max(times.seconds['x'])


def test_parts_are_differences_and_the_share_is_of_each_round():
  seconds = {
    functions.STEP: [4.0, 9.0, 5.0],
    functions.STEP + WITHOUT: [3.0, 3.0, 4.0],
    functions.AUGMENTATION: [2.0] * 3,
    functions.AUGMENTATION + WITHOUT: [1.0] * 3,
    functions.LABELS: [0.25] * 3,
    functions.TO_FORWARD: [1.0] * 3,
    functions.TO_BACKWARD: [2.5] * 3,
    functions.OPTIMIZER: [0.5] * 3,
  }
  times = step_benchmark.Times(dict.fromkeys(seconds, 7.0), seconds)
  found = step_benchmark.summary(times, batch=10)
  assert found['milliseconds'] == {
    'augmentation': 2000,
    'augmentation without Copy-Paste': 1000,
    'labels': 250,
    'forward': 750,
    'backward': 1500,
    'optimizer': 500,
    'step': 5000,
    'step without Copy-Paste': 3000,
  }
  assert found['images_per_second'] == 2
  assert found['images_per_second_without_copy_paste'] == pytest.approx(10 / 3)
  assert found['copy_paste_share'] == 0.25  # Of 1/4, 2/3 and 1/5.
  assert found['first_step_seconds'] == 7


def test_a_detection_step_has_one_part():
  times = step_benchmark.Times(
    {functions.DETECTION: 3.0}, {functions.DETECTION: [0.5]}
  )
  assert step_benchmark.summary(times, batch=2) == {
    'milliseconds': {'detection step': 500},
    'first_step_seconds': 3,
    'images_per_second': 4,
  }
