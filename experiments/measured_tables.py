"""Formats what was measured as Markdown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from . import measured, paired
from .intervals import Interval
from .measured import Part
from .paired import Difference
from .rows import Table

_NAMES = {
  'mask_ap': 'mask AP',
  'box_ap': 'box AP',
  'voc07_ap50': 'AP50 of VOC 2007',
  'miou': 'mIoU',
}


def metric_name(metric: str) -> str:
  """Returns a metric as a heading, such as `mask AP rare`."""
  for name, heading in _NAMES.items():
    if metric.startswith(name):
      return (heading + metric.removeprefix(name)).replace('_', ' ')
  return metric.replace('_', ' ')


def of_table(table: Table, parts: Sequence[Part]) -> str:
  """Returns a section about a table: values, differences and conditions.

  Args:
    table: the table.
    parts: its parts; at least one has a run.
  """
  names = measured.metrics(parts) or ['result']
  shown = [part for part in parts if part.begun]
  found = [*paired.differences(parts)]
  blocks = [f'### {table.id}: {table.title}', _values(shown, names)]
  if found:
    blocks.append(_differences(found))
  blocks.append(_conditions(shown, found))
  absent = [part for part in parts if not part.begun]
  if absent:
    blocks.append(f'Not run: {", ".join(map(_label, absent))}.')
  return '\n\n'.join(filter(None, blocks))


def grid(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
  """Returns a Markdown table.

  Args:
    heads: headings of the columns.
    lines: cells of each line; a bar in a cell is escaped.
  """
  rows = [heads, ['---'] * len(heads), *lines]
  escaped = [[cell.replace('|', '\\|') for cell in row] for row in rows]
  return '\n'.join(f'| {" | ".join(row)} |' for row in escaped)


def _label(part: Part) -> str:
  return f'{part.row.id} at {part.fraction:.0%}'


def _values(parts: Sequence[Part], names: Sequence[str]) -> str:
  published = any(part.published for part in parts)
  heads = ['row', 'images', 'steps', 'seeds', *map(metric_name, names)]
  return grid(
    [*heads, 'published'] if published else heads,
    [
      [
        part.row.id,
        f'{part.fraction:.0%}',
        _steps(part),
        ', '.join(map(str, part.seeds)),
        *_cells(part, names),
        *([_published(part, names)] if published else []),
      ]
      for part in parts
    ],
  )


def _steps(part: Part) -> str:
  steps = {run.run.params.trainer.train_steps for run in part.runs.values()}
  return ', '.join(f'{count:,}' for count in sorted(steps)) or '-'


def _cells(part: Part, names: Sequence[str]) -> list[str]:
  """Returns a cell for each metric; a problem stands in the first one."""
  if part.problem:
    return [part.problem, *['-'] * (len(names) - 1)]
  return [_mean(part.values(name)) for name in names]


def _mean(values: Sequence[float] | None) -> str:
  if not values:
    return '-'
  if len(values) == 1:
    return f'{values[0]:.1f} (n = 1)'
  return f'{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}'


def _published(part: Part, names: Sequence[str]) -> str:
  numbers = part.published
  found = [name for name in names if name in numbers]
  if not found:
    return '-'
  values = ' / '.join(f'{numbers[name].value}' for name in found)
  source = numbers[found[0]].source
  at_full_size = ', at full size' if part.row.form_of else ''
  kinds = ' / '.join(map(metric_name, found))
  return f'{values} {kinds} ({source}{at_full_size})'


def _differences(found: Sequence[Difference]) -> str:
  published = any(map(_published_gain, found))
  heads = [
    'row',
    'against',
    'images',
    'metric',
    'difference',
    'over seeds',
    'over images',
    'both exclude 0',
  ]
  return grid(
    [*heads, 'published'] if published else heads,
    [
      [
        one.part.row.id,
        one.base.row.id,
        f'{one.part.fraction:.0%}',
        metric_name(one.metric),
        *_difference(one),
        *([_published_gain(one) or '-'] if published else []),
      ]
      for one in found
    ],
  )


def _difference(one: Difference) -> list[str]:
  if one.problem:
    return ['-'] * 4
  number = len(one.values)
  return [
    f'{np.mean(one.values):+.1f} (n = {number})',
    _interval(one.over_seeds),
    _interval(one.over_images),
    'yes' if one.is_clear else 'no',
  ]


def _interval(interval: Interval | None) -> str:
  return '-' if interval is None else '[{:+.1f}, {:+.1f}]'.format(*interval)


def _published_gain(one: Difference) -> str:
  numbers = [part.published.get(one.metric) for part in (one.part, one.base)]
  if None in numbers:
    return ''
  gain = f'{numbers[0].value - numbers[1].value:+.1f}'
  return f'{gain}, at full size' if one.part.row.form_of else gain


def _conditions(parts: Sequence[Part], found: Sequence[Difference]) -> str:
  """Returns the conditions of the numbers, and what is missing, as a list."""
  runs = [run for part in parts for run in part.runs.values()]
  images = {r.images for p in parts for r in p.resampled.values() if r.images}
  facts = {
    'Commit': {run.commit for run in runs},
    'TensorFlow': {str(run.code.get('tensorflow')) for run in runs},
    'Devices': {_devices(run.run.versions) for run in runs},
    'Validation images': {str(count) for count in images},
    'Settings that the rows do not name': {
      x for run in runs for x in run.extra
    },
  }
  lines = [
    f'{name}: {", ".join(sorted(values))}'
    for name, values in facts.items()
    if values
  ]
  if any(run.commit.endswith('+') for run in runs):
    lines.append('A commit with + had changed files, which may differ.')
  lines += [_label_of(one, one.note) for one in found if one.note]
  lines += [
    _label_of(one, one.problem)
    for one in found
    if one.problem and not (one.part.problem or one.base.problem)
  ]
  return '\n'.join(f'- {line}' for line in dict.fromkeys(lines))


def _label_of(one: Difference, text: str) -> str:
  return f'{_label(one.part)} against {one.base.row.id}: {text}'


def _devices(versions: Mapping[str, Sequence[str]]) -> str:
  """Returns such as `2 GPU` of the names of the devices."""
  kinds = [name.split(':')[-2] for name in versions.get('devices', ())]
  return ', '.join(f'{n} {kind}' for kind, n in Counter(kinds).items())
