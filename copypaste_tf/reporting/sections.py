"""The sections of a run's report, each from plain data."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from copypaste_tf.evaluation.coco import METRICS
from copypaste_tf.reporting import curves, page
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.events import Curve, Picture
from copypaste_tf.reporting.page import Section

_SYMBOLS = {
  'ap': 'AP',
  'ap50': 'AP at IoU 0.50',
  'ap75': 'AP at IoU 0.75',
  'ap_small': 'AP, small objects',
  'ap_medium': 'AP, medium objects',
  'ap_large': 'AP, large objects',
  'ar1': 'AR, 1 detection',
  'ar10': 'AR, 10 detections',
  'ar100': 'AR, 100 detections',
  'ar_small': 'AR, small objects',
  'ar_medium': 'AR, medium objects',
  'ar_large': 'AR, large objects',
}
_WIDE = 400  # Pixels; a pair of larger images fills the page.


def percent(value: float | None) -> str:
  """Formats a metric as papers do: `0.4271` is `42.7`, none is a dash."""
  known = value is not None and math.isfinite(value) and value >= 0
  return f'{100 * value:.1f}' if known else '–'


def precision(
  metrics: Mapping[str, float], counts: Mapping[str, int], note: str
) -> Section:
  """Returns the tables of AP.

  Args:
    metrics: of `evaluation.coco.evaluate`; empty if there are none.
    counts: annotated objects by class name.
    note: HTML shown where there are no metrics.
  """
  about = (
    "COCO's average precision (AP) and recall (AR) in percent on the held-out "
    'images; a dash stands where there are no such objects.'
  )
  body = note
  if metrics:
    overall, categories = _overall(metrics), _categories(metrics, counts)
    body = f'<div class="columns"><div>{overall}</div>'
    body += f'<div class="scroll">{categories}</div></div>'
  return Section('precision', 'Average precision', about, body)


def _overall(metrics: Mapping[str, float]) -> str:
  rows = [
    (_SYMBOLS[name], *_both(metrics, lambda kind, n=name: f'{kind}_{n}'))
    for name in METRICS
  ]
  return page.table(['', 'Box', 'Mask'], rows)


def _both(metrics, key) -> tuple[str, str]:
  return tuple(percent(metrics.get(key(kind))) for kind in ('box', 'mask'))


def _categories(metrics, counts) -> str:
  names = [key.split('/', 1)[1] for key in metrics if key.startswith('box_ap/')]
  kind = 'mask' if 'mask_ap' in metrics else 'box'
  names.sort(key=lambda name: -metrics[f'{kind}_ap/{name}'])
  rows = [
    (
      name,
      str(counts.get(name, 0)),
      *_both(metrics, lambda kind, n=name: f'{kind}_ap/{n}'),
      _bar(metrics[f'{kind}_ap/{name}']),
    )
    for name in names
  ]
  header = ['Category', 'Objects', 'Box AP', 'Mask AP', '']
  return page.table(header, rows)


def _bar(value: float) -> str:
  width = 0.08 * 100 * max(value, 0)
  return (
    '<span style="display:block;width:8rem;text-align:left">'
    f'<span class="bar" style="width:{width:.2f}rem"></span></span>'
  )


def training(
  train: Mapping[str, Curve], validation: Mapping[str, Curve], note: str
) -> Section:
  """Returns the curves.

  Args:
    train: curves of the training, by tag.
    validation: curves of the evaluations, by tag.
    note: HTML shown where there are no curves.
  """
  figures = [
    (curves.loss_figure(train, validation), 'Curves of the training losses.'),
    (
      curves.panel_figure(train),
      'Small curves of the learning rate, the speed and what was pasted.',
    ),
  ]
  body = '\n'.join(
    page.figure(page.data_uri(svg.encode(), 'image/svg+xml'), alt)
    for svg, alt in figures
    if svg
  )
  about = 'Every point is the mean over the steps since the one before.'
  return Section('training', 'Training', about, body or note)


def batches(pictures: Sequence[Picture], sheet: str, note: str) -> Section:
  """Returns the augmented training batches.

  Args:
    pictures: drawn batches from the event files.
    sheet: HTML of a contact sheet to add, or ''.
    note: HTML shown where there is neither.
  """
  figures = [
    page.figure(
      page.photo(_decode(picture.png)),
      f'Training images of step {picture.step} with their labels.',
      f'Step {picture.step}',
    )
    for picture in pictures
  ]
  body = f'<div class="grid">{"".join(figures)}</div>' if figures else ''
  about = (
    'What the model is trained on: images after jitter and Copy-Paste, with '
    'their boxes, masks and class names. A plus marks a pasted object.'
  )
  return Section('batches', 'Augmented batches', about, body + sheet or note)


def _decode(png: bytes) -> np.ndarray:
  """Returns `[h, w, 3]` uint8."""
  image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
  return image[..., ::-1]


def predictions(
  comparisons: Sequence[Comparison], min_score: float, note: str
) -> Section:
  """Returns images with ground truth on the left, predictions on the right.

  Args:
    comparisons: the drawn images.
    min_score: of the detections that are drawn, in [0, 1].
    note: HTML shown where there are no images.
  """
  body = ''.join(_pair(comparison) for comparison in comparisons)
  about = (
    'Ground truth on the left, detections with a score of at least '
    f'{min_score:g} on the right. The first images of the held-out records, '
    'not chosen by how well they came out.'
  )
  # Captions keep their size in large images, and need the room.
  wide = any(max(c.truth.shape) > _WIDE for c in comparisons)
  kind = 'pairs wide' if wide else 'pairs'
  body = f'<div class="{kind}">{body}</div>' if body else note
  return Section('predictions', 'Predictions', about, body)


def _pair(comparison: Comparison) -> str:
  title = html.escape(comparison.title)
  cells = [
    f'<img src="{page.photo(image)}" alt="{kind} of {title}">'
    for kind, image in (
      ('Ground truth', comparison.truth),
      ('Predictions', comparison.prediction),
    )
  ]
  return (
    f'<figure><div class="pair">{"".join(cells)}</div>'
    f'<figcaption>{title}</figcaption></figure>'
  )


def what_ran(
  settings: Mapping[str, str], versions: Mapping[str, Any], texts: Mapping
) -> Section:
  """Returns settings, machine and versions.

  Args:
    settings: plain text by name.
    versions: of `run_record.versions`.
    texts: longer texts by title, shown on a click; empty ones are left out.
  """
  names = {
    'time': 'Started',
    'git_commit': 'Commit',
    'python': 'Python',
    'platform': 'Platform',
    'cpus': 'CPU cores',
    'devices': 'Devices',
    'strategy': 'Strategy',
    'replicas': 'Replicas',
    'workers': 'Workers',
    'images_per_replica': 'Images a replica',
    'decisions': 'Decided',
  }
  machine = {
    names[key]: ', '.join(map(str, value)) if isinstance(value, list) else value
    for key, value in versions.items()
    if key in names and value
  } | {
    name: version
    for name, version in versions.get('packages', {}).items()
    if version
  }
  body = (
    f'<div class="columns"><div>{_plain_table(settings)}</div>'
    f'<div>{_plain_table(machine)}</div></div>'
  )
  for title, text in texts.items():
    if text:
      body += page.details(title, f'<pre>{html.escape(text)}</pre>')
  return Section('run', 'What ran', 'Recipe, machine and versions.', body)


def _plain_table(values: Mapping[str, Any]) -> str:
  rows = [(name, html.escape(str(value))) for name, value in values.items()]
  return page.table(['', ''], rows)
