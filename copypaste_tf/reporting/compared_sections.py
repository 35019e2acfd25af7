"""Prepares the sections of a report that compares runs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.reporting import compared_curves, compared_run, elements
from copypaste_tf.reporting.compared_run import ComparedRun
from copypaste_tf.reporting.elements import Figure, Note, Row, Table
from copypaste_tf.reporting.page import Section
from copypaste_tf.reporting.sections import percent

_CHANCE = (
  'Two runs that differ in the seed alone differ, too: a difference counts if '
  'it is large beside that of several seeds.'
)


def difference(run: ComparedRun, first: ComparedRun, name: str) -> float | None:
  """Returns a metric less that of the first run.

  Args:
    run: a run.
    first: the run that it is compared with.
    name: name of the metric.

  Returns:
    A number in [-1, 1]; None if one of the two has no such number.
  """
  values = [one.metrics.get(name, -1.0) for one in (run, first)]
  defined = all(math.isfinite(value) and value >= 0 for value in values)
  return values[0] - values[1] if defined else None


def remarks(texts: Sequence[str]) -> Section:
  """Prepares what a reader has to know before the numbers."""
  about = 'What differs besides the settings, or makes numbers incomparable.'
  content = {'notes': [Note(text) for text in texts]}
  return Section('remarks', 'Remarks', about, 'remarks.html', content)


def metrics(runs: Sequence[ComparedRun], notes: Sequence[Note]) -> Section:
  """Prepares a table for each column of the overall table of a report.

  Args:
    runs: the runs; differences are to the first one.
    notes: what is missing.
  """
  captions = runs[0].captions.metrics
  tables = [
    (title, _table(runs, {r: n[i] for r, n in captions.rows.items()}, ''))
    for i, title in enumerate(captions.columns)
  ]
  about = f'{captions.about} Differences are to {runs[0].label}. {_CHANCE}'
  content = {'tables': tables, 'notes': notes, 'wide': len(runs) > 2}
  return Section(
    'metrics', captions.title, about, 'compared_tables.html', content
  )


def categories(runs: Sequence[ComparedRun]) -> Section:
  """Prepares a table of categories for each metric that they have.

  The category with the largest gain of the second run comes first.

  Args:
    runs: the runs; differences are to the first one.
  """
  captions = runs[0].captions.metrics
  measured = dict.fromkeys(name for one in runs for name in one.metrics)
  tables = []
  for metric, title in captions.classes.items():
    found = [m for m in measured if m.startswith(f'{metric}/')]
    found.sort(key=lambda name: _order(runs, name))
    if found:
      names = {name.split('/', 1)[1]: name for name in found}
      tables.append((title, _table(runs, names, 'Category', captions.counted)))
  about = (
    f'Sorted by the difference of {runs[1].label} to {runs[0].label}. A '
    'category of few objects varies much from run to run.'
  )
  content = {'tables': tables, 'notes': [], 'wide': len(runs) > 2}
  return Section(
    'categories', 'Categories', about, 'compared_tables.html', content
  )


def training(runs: Sequence[ComparedRun], notes: Sequence[Note]) -> Section:
  """Prepares the curves.

  Args:
    runs: the runs.
    notes: what is missing.
  """
  drawn = compared_curves.figure(runs)
  figures = []
  if drawn:
    source = elements.data_uri(drawn.encode(), 'image/svg+xml')
    alt = 'Curves of the losses, metrics, learning rate and speed of all runs.'
    figures.append(Figure(source, alt))
  about = 'Every point is the mean over the steps since the previous point.'
  content = {'figures': figures, 'notes': notes}
  return Section('training', 'Training', about, 'compared_curves.html', content)


def settings(runs: Sequence[ComparedRun]) -> Section:
  """Prepares the settings in which the runs differ."""
  rows = {'model_dir': [one.run.model_dir for one in runs]}
  rows |= compared_run.differences(runs)
  content = {
    'labels': [one.label for one in runs],
    'rows': [Row(name, [_text(v) for v in rows[name]]) for name in rows],
  }
  about = 'Settings of the whole config that are not the same in all runs.'
  return Section('settings', 'Settings', about, 'settings.html', content)


def _table(
  runs: Sequence[ComparedRun],
  names: Mapping[str, str],
  corner: str,
  counted: str = '',
) -> Table:
  """Returns values of all runs, and differences to the first one.

  Args:
    runs: the runs.
    names: metrics by the title of the row.
    corner: title of the first column.
    counted: title of a second column with the number of objects; '' for none.
  """
  first, *others = runs
  header = [corner, *([counted] if counted else []), first.label]
  for one in others:
    header += [one.label, 'Δ']
  counts = next((one.counts for one in runs if one.counts), {})
  rows = []
  for title, name in names.items():
    cells = [str(counts.get(title, 0))] if counted else []
    cells.append(percent(first.metrics.get(name)))
    for one in others:
      cells += [
        percent(one.metrics.get(name)),
        signed(difference(one, first, name)),
      ]
    rows.append(Row(title, cells))
  return Table(rows, header)


def signed(value: float | None) -> str:
  """Formats a difference of metrics: `0.0123` is `+1.2`, None is a dash."""
  if value is None:
    return '–'
  text = f'{100 * value:+.1f}'
  return '0.0' if text in ('+0.0', '-0.0') else text.replace('-', '−')


def _order(runs: Sequence[ComparedRun], name: str) -> tuple[bool, float]:
  gain = difference(runs[1], runs[0], name)
  return gain is None, -(gain or 0.0)


def _text(value: Any) -> str:
  return '–' if value is None else str(value) or repr(value)
