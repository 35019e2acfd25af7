"""Writes what was measured as JSON."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from copypaste_tf.training.run import run_record

from . import measured, paired
from .intervals import Interval
from .measured import Part
from .measured_run import MeasuredRun
from .paired import Difference
from .rows import Table

_DIGITS = 3


def of_table(
  table: Table, parts: Sequence[Part], folder: str
) -> dict[str, Any]:
  """Returns a table as JSON can hold it. All AP are in percent.

  Args:
    table: the table.
    parts: its parts; those that were never begun are left out.
    folder: folder of all runs; the paths of runs are relative to it.
  """
  shown = [part for part in parts if part.begun]
  names = measured.metrics(shown)
  return {
    'title': table.title,
    'rows': [_part(part, names, folder) for part in shown],
    'differences': [*map(_difference, paired.differences(parts))],
  }


def _part(part: Part, names: Sequence[str], folder: str) -> dict[str, Any]:
  values = {} if part.problem else {name: part.values(name) for name in names}
  return {
    'row': part.row.id,
    'recipe': part.row.recipe,
    'bindings': [*part.row.bindings],
    'fraction': part.fraction,
    'seeds': [*part.seeds],
    'problem': part.problem,
    'metrics': {
      name: _spread(found) for name, found in values.items() if found
    },
    'categories': {} if part.problem else _categories(part, names),
    'published': {
      metric: {'value': number.value, 'source': number.source}
      for metric, number in part.published.items()
    },
    'published_for': part.row.expected or part.row.form_of,
    'is_form': bool(part.row.form_of),
    'runs': {
      str(seed): _run(run, folder) for seed, run in sorted(part.runs.items())
    },
  }


def _spread(values: Sequence[float]) -> dict[str, Any]:
  deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
  return {
    'mean': _rounded(np.mean(values)),
    'standard_deviation': None if deviation is None else _rounded(deviation),
    'values': [*map(_rounded, values)],
  }


def _categories(part: Part, names: Sequence[str]) -> dict[str, Any]:
  return {
    name: {
      category: _spread(values)
      for category, values in part.categories(name).items()
    }
    for name in names
    if part.categories(name)
  }


def _run(run: MeasuredRun, folder: str) -> dict[str, Any]:
  results, versions = run.run.results, run.run.versions
  return {
    'path': os.path.relpath(run.run.model_dir, folder),
    'step': results['step'],
    'seconds': results.get('seconds'),
    'images_per_second': results.get('images_per_second'),
    'devices': versions.get('devices'),
    'command': versions.get('command'),
    'code': dict(run.code),
    'evaluated_on': run.evaluated_on,
    'trained_on': run.trained_on,
  }


def _difference(difference: Difference) -> dict[str, Any]:
  return {
    'row': difference.part.row.id,
    'against': difference.base.row.id,
    'fraction': difference.part.fraction,
    'metric': difference.metric,
    'problem': difference.problem,
    'values': [*map(_rounded, difference.values)],
    'mean': _rounded(np.mean(difference.values)) if difference.values else None,
    'over_seeds': _interval(difference.over_seeds),
    'over_images': _interval(difference.over_images),
    'note': difference.note,
    'both_exclude_zero': difference.is_clear,
    'correlation_of_arms': difference.correlation,
    'config': [] if difference.problem else _config(difference),
  }


def _config(difference: Difference) -> list[str]:
  """Returns what differs in the arms' configs, as `value of base -> value`."""
  part, base = (
    next(iter(x.runs.values())).run for x in (difference.part, difference.base)
  )
  return run_record.differences(base.model_dir, part.params)


def _interval(interval: Interval | None) -> list[float] | None:
  return None if interval is None else [*map(_rounded, interval)]


def _rounded(value: float) -> float:
  return round(float(value), _DIGITS)
