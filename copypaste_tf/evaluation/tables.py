"""Formats metrics as tables for the console and for spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence

from copypaste_tf import printable
from copypaste_tf.evaluation.coco import METRICS, PREFIXES


def summary(
  metrics: Mapping[str, float], names: Sequence[str] = METRICS
) -> str:
  """Returns the numbers of boxes, masks and boundaries as a text table.

  Args:
    metrics: values by name, such as `mask_ap50`; -1 without ground truth.
    names: the rows, names without the prefix of boxes or masks.
  """
  width = max(10, *(len(name) + 2 for name in names))
  return _table(metrics, '', {name: name for name in names}, width)


def categories(metrics: Mapping[str, float]) -> str:
  """Returns the AP of every category as a text table.

  Args:
    metrics: values by name, such as `mask_ap/person`; -1 without ground truth.
  """
  rows = {printable.escape(name): f'ap/{name}' for name in _categories(metrics)}
  width = max([24, *(len(name) + 2 for name in rows)])
  return _table(metrics, 'category', rows, width)


def categories_csv(metrics: Mapping[str, float]) -> str:
  """Returns the AP of every category as CSV, empty without ground truth.

  Args:
    metrics: with names such as `mask_ap/person`.
  """
  kinds = _kinds(metrics)
  stream = io.StringIO()
  writer = csv.writer(stream, lineterminator='\n')
  writer.writerow(['category', *(f'{kind}_ap' for kind in kinds)])
  for name in _categories(metrics):
    values = [metrics[f'{kind}_ap/{name}'] for kind in kinds]
    writer.writerow([name, *(value if value >= 0 else '' for value in values)])
  return stream.getvalue()


def _table(
  metrics: Mapping[str, float],
  title: str,
  rows: Mapping[str, str],
  width: int,
) -> str:
  """Returns a column for each kind of metric.

  Args:
    metrics: values by name.
    title: heading of the first column.
    rows: name of a metric without its prefix, by name of the row.
    width: characters of the first column.
  """
  kinds = {kind: max(8, len(kind) + 2) for kind in _kinds(metrics)}
  heads = [f'{kind:>{column}}' for kind, column in kinds.items()]
  lines = [f'{title:{width}}' + ''.join(heads)]
  for row, name in rows.items():
    values = [f'{metrics[f"{k}_{name}"]:{c}.3f}' for k, c in kinds.items()]
    lines.append(f'{row:{width}}' + ''.join(values))
  return '\n'.join(lines)


def _kinds(metrics: Mapping[str, float]) -> list[str]:
  return [
    prefix
    for prefix in PREFIXES.values()
    if any(name.startswith(f'{prefix}_ap') for name in metrics)
  ]


def _categories(metrics: Mapping[str, float]) -> list[str]:
  start = f'{_kinds(metrics)[0]}_ap/' if _kinds(metrics) else '/'
  return [name[len(start) :] for name in metrics if name.startswith(start)]
