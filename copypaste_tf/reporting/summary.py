"""Summarizes the numbers and settings of a run."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from copypaste_tf.console import duration
from copypaste_tf.inputs import record_sets
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.reporting.sections import percent
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.captions import Captions

_RATE = 'images_per_second'
_SUBSETS = {
  'random': 'a random subset of objects',
  'one': 'one object',
  'all': 'all objects',
}


def metrics(
  run: Run, evaluated: Mapping[str, float], seconds: float | None
) -> dict[str, Any]:
  """Returns the content of `metrics.json`.

  Args:
    run: the run.
    evaluated: metrics in [0, 1] by name; empty without an evaluation.
    seconds: duration of the whole job; None takes that of the training.

  Returns:
    All metrics, `seconds`, `train_seconds`, `train_steps`, `batch_size`,
    `images_per_second`, the last training losses and `best`, the metrics and
    step of the best checkpoint. Unknown numbers are left out; unknown seconds
    and losses that are not finite are None.
  """
  trained = run.results if run.results.get('train') else {}
  train_seconds = trained.get('seconds')
  numbers = {
    **evaluated,
    'seconds': train_seconds if seconds is None else seconds,
    'train_seconds': train_seconds,
    'train_steps': run.steps,
    'batch_size': run.params.task.train_data.global_batch_size,
  }
  if run.best:
    numbers['best'] = run.best
  rates = run.train.curves.get(_RATE)
  if rates is not None:
    # The median ignores the first loop, which is slow as it traces the graph.
    numbers[_RATE] = round(float(np.median(rates.values)), 2)
  losses = registry.build(run.params.task).computed_losses
  for tag, curve in run.train.curves.items():
    if tag in losses:
      last = float(curve.values[-1])
      numbers[tag] = last if math.isfinite(last) else None  # JSON has no NaN.
  return numbers


def tiles(
  numbers: Mapping[str, Any], captions: Captions
) -> list[tuple[str, str]]:
  """Returns (value, label) of the numbers at the top of the report.

  Args:
    numbers: the result of `metrics`.
    captions: names of the headline metrics.
  """
  shown = [
    (percent(numbers[metric]), f'{caption}, %')
    for metric, caption in captions.headlines.items()
    if metric in numbers
  ]
  if 'best' in numbers:
    best = numbers['best']
    caption = captions.headline(best['metric'])
    label = f'{caption}, %, of the best checkpoint, step {best["step"]:,}'
    shown.append((percent(best[best['metric']]), label))
  shown.append((f'{numbers["train_steps"]:,}', 'training steps'))
  if _RATE in numbers:
    shown.append((f'{numbers[_RATE]:.1f}', 'images per second, training'))
  if numbers['train_seconds'] is not None:
    shown.append((duration(numbers['train_seconds']), 'training'))
  if numbers['seconds'] != numbers['train_seconds']:
    shown.append((duration(numbers['seconds']), 'in all'))
  return shown


def lead(run: Run, model: str) -> str:
  """Returns one sentence about the run.

  Args:
    run: the run.
    model: name of the model.
  """
  data = run.params.task.train_data
  how = 'without Copy-Paste' if data.copy_paste is None else 'with Copy-Paste'
  if data.composition:
    how = f'with {data.composition}'
  return (
    f'{model} trained {how} for {run.steps:,} of '
    f'{run.params.trainer.train_steps:,} steps of {data.global_batch_size} '
    f'images.'
  )


def settings(run: Run) -> dict[str, str]:
  """Returns the main settings as text by name."""
  task = registry.build(run.params.task)
  data = task.config.train_data
  return {
    'Recipe': run.recipe,
    **task.settings(),
    'Image size': ' × '.join(map(str, task.output_size)),
    'Batch size': str(data.global_batch_size),
    'Scale jitter': _jitter(data.jitter),
    'Copy-Paste': _copy_paste(data.copy_paste),
    **({'Composition': data.composition} if data.composition else {}),
    'Precision': run.params.runtime.mixed_precision_dtype or 'float32',
    'Training records': record_sets.patterns(data),
    'Held-out records': task.config.validation_data.input_path,
  }


def _jitter(jitter) -> str:
  return f'{jitter.min_scale:g} to {jitter.max_scale:g}'


def _copy_paste(options) -> str:
  if options is None:
    return 'off'
  blend = f', blended over {options.blend_sigma:g} pixels'
  return (
    f'{_SUBSETS[options.subset]}, onto {100 * options.probability:g} % of the '
    f'images{blend if options.blend_sigma else ""}'
  )
