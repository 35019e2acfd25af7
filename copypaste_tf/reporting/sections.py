"""Prepares the sections of a run's report."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from copypaste_tf.drawing import Color
from copypaste_tf.reporting import comparison, curves, elements, panels
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.elements import Figure, Frame, Note, Row, Table
from copypaste_tf.reporting.events import Curve, Picture
from copypaste_tf.reporting.page import Section
from copypaste_tf.tasks.captions import Captions, MetricTable

_WIDE = 400  # Pixels; a pair of larger images fills the page.
# Captions of the entries of `versions.describe`.
_MACHINE = {
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


class Pair(NamedTuple):
  """Two images side by side, with one caption."""

  left: Figure
  right: Figure
  caption: str


def percent(value: float | None) -> str:
  """Formats a metric as papers do: `0.4271` is `42.7`, None is a dash."""
  defined = value is not None and math.isfinite(value) and value >= 0
  return f'{100 * value:.1f}' if defined else '–'


def metrics(
  values: Mapping[str, float],
  counts: Mapping[str, int],
  captions: MetricTable,
  note: Note,
) -> Section:
  """Prepares the tables of metrics.

  Args:
    values: metrics in [0, 1] by name, those of a class as `METRIC/CLASS`; empty
      without an evaluation.
    counts: annotated objects, or what is counted, by class name.
    captions: titles of the tables.
    note: shown without an evaluation.
  """
  content = {'overall': None, 'classes': None, 'note': note}
  if values:
    content['overall'] = _overall(values, captions)
    content['classes'] = _classes(values, counts, captions)
  return Section(
    'precision', captions.title, captions.about, 'metrics.html', content
  )


def _overall(values: Mapping[str, float], captions: MetricTable) -> Table:
  rows = [
    Row(title, [percent(values.get(name)) for name in names])
    for title, names in captions.rows.items()
  ]
  return Table(rows, ['', *captions.columns])


def _classes(values, counts, captions: MetricTable) -> Table:
  """Prepares the table of the classes, the best first."""
  split = [key.split('/', 1) for key in values if '/' in key]
  measured = [m for m in captions.classes if any(m == s[0] for s in split)]
  last = measured[-1] if measured else ''
  names = [name for metric, name in split if metric == last]
  names.sort(key=lambda name: -values[f'{last}/{name}'])
  rows = [
    Row(
      name,
      [
        str(counts.get(name, 0)),
        *(percent(values.get(f'{m}/{name}')) for m in captions.classes),
      ],
      bar=max(values[f'{last}/{name}'], 0),
    )
    for name in names
  ]
  return Table(
    rows, ['Category', captions.counted, *captions.classes.values(), '']
  )


def training(
  train: Mapping[str, Curve],
  validation: Mapping[str, Curve],
  captions: Captions,
  note: Note,
) -> Section:
  """Prepares the curves.

  Args:
    train: curves of the training, by tag.
    validation: curves of the evaluations, by tag.
    captions: names of the curves.
    note: shown where there are no curves.
  """
  drawn = [
    (
      curves.loss_figure(train, validation, captions),
      'Curves of the training losses.',
    ),
    (
      curves.panel_figure(train, captions.panels),
      'Small curves of the learning rate, the speed and what was pasted.',
    ),
  ]
  figures = [
    Figure(elements.data_uri(svg.encode(), 'image/svg+xml'), alt)
    for svg, alt in drawn
    if svg
  ]
  about = 'Every point is the mean over the steps since the previous point.'
  content = {'figures': figures, 'note': note}
  return Section('training', 'Training', about, 'training.html', content)


def batches(
  pictures: Sequence[Picture],
  sheet: Figure | Frame | None,
  about: str,
  note: Note,
) -> Section:
  """Prepares the augmented training batches.

  Args:
    pictures: drawn batches from the event files.
    sheet: a contact sheet to add, or None.
    about: a sentence under the title.
    note: shown where there is neither.
  """
  figures = [
    Figure(
      elements.photo(_decode(picture.png)),
      f'Training images of step {picture.step} with their labels.',
      f'Step {picture.step}',
    )
    for picture in pictures
  ]
  content = {'figures': figures, 'sheet': sheet, 'note': note}
  content['legend'] = panels.LEGEND
  return Section('batches', 'Augmented batches', about, 'batches.html', content)


def _decode(png: bytes) -> np.ndarray:
  """Returns `[h, w, 3]` uint8 RGB."""
  image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
  return image[..., ::-1]


def predictions(
  comparisons: Sequence[Comparison],
  about: str,
  note: Note,
  *,
  legend: Mapping[str, Color] = comparison.LEGEND,
  label: str = 'Detections',
) -> Section:
  """Prepares images with ground truth on the left, predictions on the right.

  Args:
    comparisons: the drawn images.
    about: a sentence under the title.
    note: shown where there are no images.
    legend: meaning of the colours.
    label: caption of the predictions.
  """
  content = {
    'pairs': [_pair(images, label) for images in comparisons],
    # Captions in large images keep their size and need the room.
    'wide': any(c.truth.shape[1] > _WIDE for c in comparisons),
    'legend': legend,
    'note': note,
  }
  return Section(
    'predictions', 'Predictions', about, 'predictions.html', content
  )


def _pair(images: Comparison, label: str) -> Pair:
  title = images.title
  return Pair(
    Figure(
      elements.photo(images.truth), f'Ground truth of {title}', 'Ground truth'
    ),
    Figure(elements.photo(images.prediction), f'Predictions of {title}', label),
    title,
  )


def setup(
  settings: Mapping[str, str],
  versions: Mapping[str, Any],
  texts: Mapping[str, str],
) -> Section:
  """Prepares settings, machine and versions.

  Args:
    settings: plain text by name.
    versions: the result of `versions.describe`.
    texts: longer texts by title, shown on a click; empty ones are left out.
  """
  machine = {
    _MACHINE[key]: ', '.join(map(str, x)) if isinstance(x, list) else str(x)
    for key, x in versions.items()
    if key in _MACHINE and x
  } | {
    name: version
    for name, version in versions.get('packages', {}).items()
    if version
  }
  content = {
    'settings': text_table(settings),
    'machine': text_table(machine),
    'texts': [(title, text) for title, text in texts.items() if text],
  }
  about = 'Recipe, machine and versions.'
  return Section('run', 'Setup', about, 'setup.html', content)


def text_table(texts: Mapping[str, str]) -> Table:
  """Returns a table of names and texts."""
  return Table([Row(name, [text]) for name, text in texts.items()])
