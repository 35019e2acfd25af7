"""The numbers and settings of a run in short."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from copypaste_tf.inputs import record_sets
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.reporting.sections import percent
from copypaste_tf.training.run.progress import duration

_RATE = 'images_per_second'
_SUBSETS = {
  'random': 'a random subset of objects',
  'one': 'one object',
  'all': 'all objects',
}


def metrics(
  run: Run, precision: Mapping[str, float], seconds: float | None
) -> dict[str, Any]:
  """Returns the content of `metrics.json`.

  Args:
    run: the run.
    precision: COCO metrics in [0, 1]; empty without an evaluation.
    seconds: that everything took; None means what the training took.

  Returns:
    `box_ap` and all other metrics, `seconds`, `train_seconds`, `train_steps`,
    `batch_size`, `images_per_second`, the last training losses and `best`, the
    metrics and step of the best checkpoint. What is not known is left out or,
    as the seconds and a loss that is not finite, None.
  """
  trained = run.results if run.results.get('train') else {}
  took = trained.get('seconds')
  numbers = {
    **precision,
    'seconds': took if seconds is None else seconds,
    'train_seconds': took,
    'train_steps': run.steps,
    'batch_size': run.params.task.train_data.global_batch_size,
  }
  if run.best:
    numbers['best'] = run.best
  rates = run.train.curves.get(_RATE)
  if rates is not None:
    # The first loop's holds the tracing; the median does not see it.
    numbers[_RATE] = round(float(np.median(rates.values)), 2)
  for tag, curve in run.train.curves.items():
    if tag.endswith('_loss'):
      last = float(curve.values[-1])
      numbers[tag] = last if math.isfinite(last) else None  # JSON has no NaN.
  return numbers


def tiles(numbers: Mapping[str, Any]) -> list[tuple[str, str]]:
  """Returns (value, label) of what a reader looks for first.

  Args:
    numbers: of `metrics`.
  """
  shown = [
    (percent(numbers[key]), label)
    for key, label in (('mask_ap', 'mask AP, %'), ('box_ap', 'box AP, %'))
    if key in numbers
  ]
  if 'best' in numbers:
    best = numbers['best']
    kind = best['metric'].removesuffix('_ap')
    label = f'{kind} AP, %, of the best checkpoint, step {best["step"]:,}'
    shown.append((percent(best[best['metric']]), label))
  shown.append((f'{numbers["train_steps"]:,}', 'training steps'))
  if _RATE in numbers:
    shown.append((f'{numbers[_RATE]:.1f}', 'images per second, training'))
  if numbers['train_seconds'] is not None:
    shown.append((duration(numbers['train_seconds']), 'training'))
  if numbers['seconds'] != numbers['train_seconds']:
    shown.append((duration(numbers['seconds']), 'in all'))
  return shown


def lead(run: Run) -> str:
  """Returns one sentence about the run."""
  data = run.params.task.train_data
  how = 'without Copy-Paste' if data.copy_paste is None else 'with Copy-Paste'
  return (
    f'Mask R-CNN trained {how} for {run.steps:,} of '
    f'{run.params.trainer.train_steps:,} steps of {data.global_batch_size} '
    f'images.'
  )


def settings(run: Run) -> dict[str, str]:
  """Returns the settings that a reader looks for, as text by name."""
  config, data = run.params.task, run.params.task.train_data
  backbone = config.model.backbone
  size = getattr(backbone.get(), 'model_id', '')
  return {
    'Recipe': run.recipe,
    'Backbone': f'{backbone.type} {size}'.strip(),
    'Decoder': str(config.model.decoder.type),
    'Image size': ' × '.join(map(str, config.model.input_size[:2])),
    'Batch size': str(data.global_batch_size),
    'Scale jitter': _jitter(data.jitter),
    'Copy-Paste': _copy_paste(data.copy_paste),
    'Precision': run.params.runtime.mixed_precision_dtype or 'float32',
    'Training records': record_sets.patterns(data),
    'Held-out records': config.validation_data.input_path,
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
