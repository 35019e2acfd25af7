"""Formats metrics as tables for the console and for spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence

from copypaste_tf import printable
from copypaste_tf.evaluation.coco import METRICS


def summary(
  metrics: Mapping[str, float], names: Sequence[str] = METRICS
) -> str:
  """Returns the overall numbers, with a column for each kind, as a text table.

  Args:
    metrics: values by name, such as `mask_ap50`; -1 without ground truth.
    names: the rows, names without a prefix such as that of masks. A prefix
      with the first of them makes a column.
  """
  end = f'_{names[0]}'
  kinds = [
    name.removesuffix(end)
    for name in metrics
    if name.endswith(end) and '/' not in name
  ]
  rows = {name: [f'{kind}_{name}' for kind in kinds] for name in names}
  width = max(10, *(len(name) + 2 for name in ('', *names)))
  return _table(metrics, '', kinds, rows, width)


def categories(metrics: Mapping[str, float]) -> str:
  """Returns the numbers of every category as a text table.

  Args:
    metrics: values by name, such as `mask_ap/person`; -1 without ground truth.
  """
  measured = _of_categories(metrics)
  rows = {
    printable.escape(category): [f'{name}/{category}' for name in measured]
    for category in _categories(metrics)
  }
  width = max([24, *(len(name) + 2 for name in rows)])
  kinds = [name.rpartition('_')[0] or name for name in measured]
  return _table(metrics, 'category', kinds, rows, width)


def categories_csv(metrics: Mapping[str, float]) -> str:
  """Returns the numbers of every category as CSV, empty without ground truth.

  Args:
    metrics: with names such as `mask_ap/person`.
  """
  measured = _of_categories(metrics)
  stream = io.StringIO()
  writer = csv.writer(stream, lineterminator='\n')
  writer.writerow(['category', *measured])
  for category in _categories(metrics):
    values = [metrics[f'{name}/{category}'] for name in measured]
    cells = [value if value >= 0 else '' for value in values]
    writer.writerow([category, *cells])
  return stream.getvalue()


def _table(
  metrics: Mapping[str, float],
  title: str,
  kinds: Sequence[str],
  rows: Mapping[str, Sequence[str]],
  width: int,
) -> str:
  """Returns a table of metrics.

  Args:
    metrics: values by name.
    title: heading of the first column.
    kinds: headings of the other columns.
    rows: names of the metrics of each column, by name of the row.
    width: characters of the first column.
  """
  columns = [max(8, len(kind) + 2) for kind in kinds]
  heads = [f'{k:>{c}}' for k, c in zip(kinds, columns, strict=True)]
  lines = [f'{title:{width}}' + ''.join(heads)]
  for row, names in rows.items():
    cells = zip(names, columns, strict=True)
    values = [f'{metrics[name]:{column}.3f}' for name, column in cells]
    lines.append(f'{row:{width}}' + ''.join(values))
  return '\n'.join(lines)


def _of_categories(metrics: Mapping[str, float]) -> list[str]:
  """Returns the metrics of categories: `mask_ap` of `mask_ap/person`."""
  names = (name.partition('/') for name in metrics)
  return list(dict.fromkeys(metric for metric, slash, _ in names if slash))


def _categories(metrics: Mapping[str, float]) -> list[str]:
  names = (name.partition('/') for name in metrics)
  return list(dict.fromkeys(category for _, slash, category in names if slash))
