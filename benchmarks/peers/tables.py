"""Writes the measurements as Markdown."""

import statistics
from collections.abc import Mapping, Sequence

# Rows of the table of labels: a count, and the count that it is a part of.
ROWS = {
  'pairs': '',
  'labels': '',
  'pasted_labels': '',
  'images_with_unlabelled_pixels': 'pairs',
  'unlabelled_pixels': 'pasted_pixels',
  'blended_pixels': '',
  'untouched_lost': '',
  'visible_lost': '',
  'labels_without_pixels': 'labels',
  'masks_too_large': 'labels',
  'wrong_areas': 'labels',
  'boxes_off_by_10': 'labels',
  'boxes_off_by_1': 'labels',
}


def of_labels(results: Mapping[str, Mapping]) -> str:
  """Returns a table with a column for each system, and who was skipped.

  Args:
    results: what `worker.run` returned, by system. A count that a system does
      not give, such as that of areas, is a dash.
  """
  counts = {s: r['counts'] for s, r in results.items() if 'counts' in r}
  rows = [['', *counts]]
  for name, whole in ROWS.items():
    title = name.replace('_', ' ')
    rows.append([title, *(_cell(c, name, whole) for c in counts.values())])
  return '\n'.join([_table(rows), *_notes(results)])


def _cell(counts: Mapping[str, int], name: str, whole: str) -> str:
  if name not in counts:
    return '-'
  share = f' of {counts[whole]:,}' if whole and counts[name] else ''
  return f'{counts[name]:,}{share}'


def of_times(results: Mapping[str, Mapping[str, Sequence[Mapping]]]) -> str:
  """Returns a table with a row for each system; `ours` gives the unit.

  Args:
    results: by system, what `worker.run` returned in each round with
      Copy-Paste (`on`) and without (`off`).
  """
  rows = [
    [
      'system',
      'images/s',
      'ms of CPU',
      'bare decodes',
      'times ours',
      'off: bare decodes',
      'on / off',
    ]
  ]
  ours = results['ours']
  for system, arms in results.items():
    if all('cpu' in r for arm in arms.values() for r in arm):
      on, off = ([r['cpu'] for r in arms[a]] for a in ('on', 'off'))
      units = [r['unit'] for r in ours['on']]
      cpu = statistics.median(on)
      rows.append(
        [
          system,
          f'{1 / cpu:.1f}',
          f'{1e3 * cpu:.1f}',
          _ratio(on, units),
          _ratio(on, [r['cpu'] for r in ours['on']]),
          _ratio(off, units),
          _ratio(on, off),
        ]
      )
  first = {s: arms['on'][0] for s, arms in results.items()}
  return '\n'.join([_table(rows), *_notes(first)])


def _ratio(above: Sequence[float], below: Sequence[float]) -> str:
  """Returns the median of the ratios of the rounds, with their range."""
  ratios = sorted(a / b for a, b in zip(above, below, strict=True))
  middle = f'{statistics.median(ratios):.2f}'
  return f'{middle} ({ratios[0]:.2f} to {ratios[-1]:.2f})'


def _table(rows: Sequence[Sequence[str]]) -> str:
  head, *rest = (f'| {" | ".join(row)} |' for row in rows)
  return '\n'.join([head, '|---' * len(rows[0]) + '|', *rest])


def _notes(results: Mapping[str, Mapping]) -> list[str]:
  """Returns a line for each system: its version, or why it was skipped."""
  return ['', *(f'- {s}: {_note(r)}' for s, r in results.items())]


def _note(result: Mapping) -> str:
  return result.get('version') or f'skipped, {result["skipped"]}'
