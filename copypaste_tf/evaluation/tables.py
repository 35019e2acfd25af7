"""Formats metrics as tables for the console and for spreadsheets."""

import csv
import io
from collections.abc import Mapping

from copypaste_tf import printable
from copypaste_tf.evaluation.coco import METRICS, PREFIXES


def summary(metrics: Mapping[str, float]) -> str:
  """Returns COCO's 12 numbers of boxes and of masks as a text table.

  Args:
    metrics: values by name, such as `mask_ap50`; -1 without ground truth.
  """
  return _table(metrics, '', {name: name for name in METRICS}, width=10)


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
  kinds = _kinds(metrics)
  lines = [f'{title:{width}}' + ''.join(f'{kind:>8}' for kind in kinds)]
  for row, name in rows.items():
    values = ''.join(f'{metrics[f"{kind}_{name}"]:8.3f}' for kind in kinds)
    lines.append(f'{row:{width}}{values}')
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
