"""Writes a report of labels as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from copypaste_tf import printable
from copypaste_tf.labelling.quality import IOUS, KINDS

_IOUS = [str(iou) for iou in IOUS]
_SHAPES = {'bbox': 'box', 'segm': 'mask', 'boundary': 'boundary'}


def page(report: Mapping[str, Any], figure: str | None = None) -> str:
  """Formats a report for a person.

  Args:
    report: the data of `quality_report.build`.
    figure: path of the figure, relative to the page.

  Returns:
    Markdown.
  """
  blocks = [
    '# Labels of the teacher',
    '\n'.join(f'- {k}: {_text(v)}' for k, v in report['conditions'].items()),
    '\n'.join(f'- {line}' for line in summary(report).split('\n')),
    '\n'.join(f'- Problem: {_text(line)}' for line in report['problems']),
    f'![Right labels, labels per image, wrong labels]({figure})' * bool(figure),
    '## All classes',
    _sweep(report),
    '## Classes at the chosen thresholds',
    _classes(report),
  ]
  return '\n\n'.join(block for block in blocks if block) + '\n'


def summary(report: Mapping[str, Any]) -> str:
  """Says in a few lines what the chosen thresholds give."""
  judged, chosen = report['judged'], report['chosen']
  row, labelled = chosen['row'], report['labelled']
  of_classes = f' ({len(chosen["classes"])} classes have their own)'
  lines = [
    f'{judged["images"]} judged images with {judged["labels"]} objects; '
    f'threshold {chosen["default"]:g}{of_classes * bool(chosen["classes"])}.',
    *(
      f'At {_SHAPES[report["iou_type"]]} IoU {iou}, '
      f'{_percent(row["precision"][iou])} of the labels are right, and '
      f'{_percent(row["recall"][iou])} of the objects have one.'
      for iou in _IOUS
    ),
    f'Labels per image: {_number(row["per_image"]["mean"])} on judged images'
    + _unlabelled(report)
    + f'; the labelled set has {_number(labelled["per_image"])}.',
  ]
  return '\n'.join(lines)


def _unlabelled(report: Mapping[str, Any]) -> str:
  spread = report['chosen']['row'].get('unlabelled')
  if spread is None:
    return ''
  text = (
    f', {_number(spread["mean"])} on {report["unlabelled_images"]} unlabelled'
  )
  matching = report['matching_threshold']
  if matching is not None:
    text += f' (as many as in the labelled set at {matching:.2f})'
  return text


def _sweep(report: Mapping[str, Any]) -> str:
  unlabelled = 'unlabelled' in report['chosen']['row']
  heads = ['threshold', *_quality_heads(), *_spread_heads('')]
  heads += _spread_heads('unlabelled ') if unlabelled else []
  heads += [kind.replace('_', ' ') for kind in KINDS]
  named = [
    (f'{t:.2f}', r)
    for t, r in zip(report['thresholds'], report['rows'], strict=True)
  ]
  named.append(('chosen', report['chosen']['row']))
  return _table(heads, (_sweep_row(name, row) for name, row in named))


def _quality_heads() -> list[str]:
  return [f'{name} {iou}' for name in ('precision', 'recall') for iou in _IOUS]


def _spread_heads(prefix: str) -> list[str]:
  return [f'{prefix}{x}' for x in ('per image', 'median', 'empty', 'full')]


def _sweep_row(name: str, row: Mapping[str, Any]) -> list[str]:
  cells = [name, *_quality(row)]
  for key in ('per_image', 'unlabelled'):
    if key in row:
      mean, median, empty, full = row[key].values()
      cells += [_number(mean), _number(median), _percent(empty), _percent(full)]
  return cells + _shares(row)


def _quality(row: Mapping[str, Any]) -> list[str]:
  return [
    _percent(row[name][iou])
    for name in ('precision', 'recall')
    for iou in _IOUS
  ]


def _shares(row: Mapping[str, Any]) -> list[str]:
  """Returns the kinds of wrong labels as shares of the wrong ones."""
  total = sum(row['wrong'].values())
  return [
    _percent(row['wrong'][kind] / total if total else None) for kind in KINDS
  ]


def _classes(report: Mapping[str, Any]) -> str:
  heads = ['class', 'threshold', 'objects', 'labels', *_quality_heads()]
  heads += ['labelled per image', 'unlabelled per image']
  heads += [kind.replace('_', ' ') for kind in KINDS]
  return _table(
    heads,
    (_class_row(number, one) for number, one in report['classes'].items()),
  )


def _class_row(number: str, one: Mapping[str, Any]) -> list[str]:
  row = one['chosen']
  return [
    f'{number} {_text(one["name"])}',
    f'{one["threshold"]:.3g}',
    str(one['objects']),
    str(row['labels']),
    *_quality(row),
    _number(one['labelled_per_image'], 3),
    _number(one['unlabelled_per_image'], 3),
    *_shares(row),
  ]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
  lines = [heads, ['---:'] * len(heads), *rows]
  return '\n'.join(f'| {" | ".join(cells)} |' for cells in lines)


def _text(value: Any) -> str:
  """Makes text of a data set safe for a cell of a table."""
  return printable.escape(str(value)).replace('|', '\\|')


def _percent(share: float | None) -> str:
  return '–' if share is None else f'{100 * share:.1f} %'


def _number(value: float | None, decimals: int = 2) -> str:
  return '–' if value is None else f'{value:.{decimals}f}'
