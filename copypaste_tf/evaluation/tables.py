"""Metrics as tables: for the console, for documents, for spreadsheets."""

import csv
import io
from collections.abc import Mapping

from copypaste_tf.evaluation.coco import METRICS, PREFIXES


def summary(metrics: Mapping[str, float]) -> str:
  """Returns COCO's 12 numbers of boxes and of masks as a text table.

  Args:
    metrics: by name, such as `mask_ap50`; -1 where nothing can be measured.
  """
  kinds = _kinds(metrics)
  lines = [f'{"":10}' + ''.join(f'{kind:>8}' for kind in kinds)]
  for name in METRICS:
    values = ''.join(f'{metrics[f"{kind}_{name}"]:8.3f}' for kind in kinds)
    lines.append(f'{name:10}{values}')
  return '\n'.join(lines)


def categories(metrics: Mapping[str, float]) -> str:
  """Returns the AP of every category as a text table.

  Args:
    metrics: with names such as `mask_ap/person`; -1 where there is no object.
  """
  names, kinds = _categories(metrics), _kinds(metrics)
  width = max([24, *(len(name) + 2 for name in names)])
  lines = [f'{"category":{width}}' + ''.join(f'{kind:>8}' for kind in kinds)]
  for name in names:
    values = ''.join(f'{metrics[f"{kind}_ap/{name}"]:8.3f}' for kind in kinds)
    lines.append(f'{name:{width}}{values}')
  return '\n'.join(lines)


def categories_csv(metrics: Mapping[str, float]) -> str:
  """Returns the AP of every category as CSV, empty where there is no object.

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


def _kinds(metrics: Mapping[str, float]) -> list[str]:
  return [
    prefix
    for prefix in PREFIXES.values()
    if any(name.startswith(f'{prefix}_ap') for name in metrics)
  ]


def _categories(metrics: Mapping[str, float]) -> list[str]:
  start = f'{_kinds(metrics)[0]}_ap/' if _kinds(metrics) else '/'
  return [name[len(start) :] for name in metrics if name.startswith(start)]
