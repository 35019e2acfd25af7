"""Times the functions of a step in turns."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.costs import step_functions as functions
from copypaste_tf.costs.step_functions import WITHOUT


class Times(NamedTuple):
  """Times of functions by name.

  Attributes:
    first: seconds of the first call, with tracing and compilation.
    seconds: seconds of each later call, one for each round.
  """

  first: dict[str, float]
  seconds: dict[str, list[float]]


def measure(
  calls: Mapping[str, Callable[[], object]],
  *,
  rounds: int,
  progress: Callable[[int, int], object] = lambda done, total: None,
) -> Times:
  """Calls functions in turns, so that drift of the machine affects all alike.

  Every second round has the reverse order.

  Args:
    calls: functions without arguments, by name.
    rounds: number of timed calls of each.
    progress: called after each call with the numbers of calls done and in all.
  """
  done, total = 0, len(calls) * (rounds + 1)
  first, seconds = {}, {name: [] for name in calls}
  for number in range(rounds + 1):
    order = list(calls) if number % 2 == 0 else list(reversed(calls))
    for name in order:
      elapsed = _timed(calls[name])
      if number:
        seconds[name].append(elapsed)
      else:
        first[name] = elapsed
      done += 1
      progress(done, total)
  return Times(first, seconds)


def summary(times: Times, *, batch: int) -> dict[str, Any]:
  """Summarizes times as numbers for JSON.

  Args:
    times: of all functions of `Steps.training`, or of `Steps.detecting`.
    batch: images of a call.

  Returns:
    `first_step_seconds`; `milliseconds` by part, medians of the rounds;
    `images_per_second`; for training also `images_per_second` +
    `_without_copy_paste`, and `copy_paste_share`, the part of a step that
    Copy-Paste adds, which is the median over the rounds.
  """
  ms = {k: 1e3 * statistics.median(x) for k, x in times.seconds.items()}
  whole = functions.STEP if functions.STEP in ms else functions.DETECTION
  numbers = {
    'first_step_seconds': times.first[whole],
    'images_per_second': 1e3 * batch / ms[whole],
  }
  if whole == functions.STEP:
    off = functions.STEP + WITHOUT
    pairs = zip(times.seconds[whole], times.seconds[off], strict=True)
    numbers |= {
      'images_per_second_without_copy_paste': 1e3 * batch / ms[off],
      'copy_paste_share': statistics.median(1 - b / a for a, b in pairs),
    }
    ms = _by_part(ms)
  return {'milliseconds': ms, **numbers}


def _by_part(ms) -> dict[str, float]:
  """Subtracts the repeated parts of functions from one another."""
  labels, forward, backward = (
    ms[name]
    for name in (
      functions.LABELS,
      functions.TO_FORWARD,
      functions.TO_BACKWARD,
    )
  )
  names = (functions.AUGMENTATION, functions.AUGMENTATION + WITHOUT)
  return {
    **{name: ms[name] for name in names},
    functions.LABELS: labels,
    'forward': forward - labels,
    'backward': backward - forward,
    functions.OPTIMIZER: ms[functions.OPTIMIZER],
    functions.STEP: ms[functions.STEP],
    functions.STEP + WITHOUT: ms[functions.STEP + WITHOUT],
  }


def _timed(call: Callable[[], object]) -> float:
  """Returns the seconds of a call, until the device has computed all of it."""
  start = time.perf_counter()
  call()
  tf.test.experimental.sync_devices()
  return time.perf_counter() - start
