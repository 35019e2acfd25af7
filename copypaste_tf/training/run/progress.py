"""Reports a run: lines of progress, its history and its results."""

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.console import duration
from copypaste_tf.training.checkpoints.best import Best
from copypaste_tf.training.loop.trainer import GRADIENT_NORM, INPUT_SECONDS
from copypaste_tf.training.run import memory, versions
from copypaste_tf.training.run.history import History

HISTORY, RESULTS = TRAIN_FILES = ('history.jsonl', 'results.json')
# Files of an evaluator, which may run in parallel to a trainer.
EVAL_FILES = ('eval_history.jsonl', 'eval_results.json')
RATE = 'images_per_second'
_LONG_WAIT = 0.1  # Smallest share of the input wait in a step to print.


class Progress:
  """Prints a line after every loop of steps, and writes the history.

  An instance is an Orbit train action; `evaluated` is an eval action.
  """

  def __init__(
    self,
    model_dir: str,
    global_step: tf.Variable,
    *,
    total_steps: int,
    batch_size: int,
    losses: Mapping[str, str],
    metrics: Sequence[str],
    headline: str,
    replicas: int = 1,
    best: Best | None = None,
    files: tuple[str, str] = TRAIN_FILES,
    write: Callable[[str], Any] = print,
  ):
    """Starts the clock.

    Args:
      model_dir: folder for the history and the results.
      global_step: step counter of the trainer.
      total_steps: number of steps of the whole run.
      batch_size: number of images of a step.
      losses: `{name: label}` of the losses to print.
      metrics: metrics to print after an evaluation.
      headline: metric that every evaluation has.
      replicas: number of replicas that share a batch.
      best: keeps the best checkpoint.
      files: file names of the history and the results.
      write: prints a line.

    Raises:
      ValueError: the history of an earlier session is damaged.
    """
    self._step, self._total = global_step, total_steps
    self._batch_size, self._replicas = batch_size, replicas
    self._losses, self._metrics = losses, metrics
    self._headline = headline
    self._best, self._write = best, write
    history, self._results = (os.path.join(model_dir, name) for name in files)
    self._history = History(history)
    self._seconds_per_step = None
    self.restart_rate()

  def restart_rate(self) -> None:
    """Measures the rate from now on, after the step has been restored."""
    self._last_step = int(self._step.numpy())
    self._resumed = time.monotonic()

  def __call__(self, output: dict[str, tf.Tensor]) -> None:
    """Reports a loop, and adds measurements to `output` for TensorBoard."""
    step, now = int(self._step.numpy()), time.monotonic()
    seconds = (now - self._resumed) / max(step - self._last_step, 1)
    self._resumed, self._last_step = now, step
    first = self._seconds_per_step is None  # The first loop includes tracing.
    self._seconds_per_step = seconds
    output |= self._measured(seconds, output.pop(INPUT_SECONDS, None))
    values = {name: float(value) for name, value in output.items()}
    self._history.append(step, values)
    left = None if first else (self._total - step) * seconds
    self._write(progress_line(step, self._total, values, self._losses, left))

  def _measured(self, seconds, input_seconds) -> dict[str, float]:
    rate = self._batch_size / seconds
    values = {
      RATE: rate,
      f'{RATE}_per_replica': rate / self._replicas,
      'seconds_per_step': seconds,
    }
    if input_seconds is not None:
      values['input_wait'] = min(input_seconds / seconds, 1.0)
    return values | memory.memory_gib()

  def evaluated(self, output: Mapping[str, Any]) -> None:
    """Reports an evaluation, and leaves its time out of the training rate."""
    values = {name: float(value) for name, value in output.items()}
    step = int(self._step.numpy())
    # Saves before the history: a step in the history is not evaluated again.
    best = self._best is not None and self._best(step, values)
    self._history.append(step, values)
    shown = [
      f'{name} {values[name]:.3f}' for name in self._metrics if name in values
    ]
    line = f'step {step}/{self._total}  evaluated: {", ".join(shown)}'
    self._write(line + ', the best so far' * best)
    self._resumed = time.monotonic()

  @property
  def evaluated_steps(self) -> set[int]:
    """Steps whose evaluation is in the history."""
    return {row['step'] for row in self._history.rows if self._headline in row}

  def finish(self) -> dict[str, Any]:
    """Writes the results file and returns its contents."""
    rate = self._history.median(RATE)
    results = {
      'step': int(self._step.numpy()),
      'seconds': round(self._history.seconds, 1),
      'session_seconds': round(self._history.session_seconds, 1),
      RATE: None if rate is None else round(rate, 2),
      'train': self._history.last(RATE),
      'eval': self._history.last(self._headline),
      'best': self._best.record if self._best else None,
      'packages': versions.packages(),
    }
    whole_files.write(self._results, json.dumps(results, indent=2) + '\n')
    return results


def progress_line(
  step: int,
  total: int,
  values: Mapping[str, float],
  losses: Mapping[str, str],
  left: float | None,
) -> str:
  """Formats a line of progress.

  Args:
    step: number of steps done.
    total: number of steps of the run.
    values: losses, `images_per_second`, and `input_wait` and `gradient_norm`,
      which are printed only if they are unusual.
    losses: `{name: label}` of the losses to print.
    left: seconds to the end; None if unknown.
  """
  shown = [
    f'{short} {values[name]:.3f}'
    for name, short in losses.items()
    if name in values
  ]
  rest = [f'{values[RATE]:.{0 if values[RATE] >= 100 else 1}f} images/s']
  if values.get('input_wait', 0) >= _LONG_WAIT:
    rest.append(f'input {100 * values["input_wait"]:.0f}%')
  if not math.isfinite(values.get(GRADIENT_NORM, 0)):
    rest.append(f'gradient {values[GRADIENT_NORM]}')
  if left is not None:
    rest.append(f'{duration(left)} left')
  return '  '.join([f'step {step}/{total}', ' '.join(shown), *rest])
