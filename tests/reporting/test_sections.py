import numpy as np
import pytest
import run_folder
from outline import Outline

from copypaste_tf.evaluation.coco import METRICS
from copypaste_tf.reporting import (
  comparison,
  elements,
  page,
  panels,
  sections,
)
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.elements import Figure, Frame, Note
from copypaste_tf.reporting.events import Curve, Picture
from copypaste_tf.tasks.captions import MetricTable
from copypaste_tf.tasks.detection.captions import CAPTIONS

NOTE = Note('nothing here', 'make it')
TABLE = CAPTIONS.metrics


def outline(section):
  return Outline(page.document('title', 'lead', [], [section]))


def body(section):
  """The words of a section below its title."""
  words = outline(section).words
  return words[words.index(section.about) + 1 :]


def metrics():
  values = {}
  for offset, kind in enumerate(('box', 'mask')):
    for i, name in enumerate(METRICS):
      values[f'{kind}_{name}'] = (10 * i + offset) / 1000
    values |= {f'{kind}_ap/disc': 0.1, f'{kind}_ap/star': 0.9}
  return values


@pytest.mark.parametrize(
  ('value', 'text'),
  [
    (0.42749, '42.7'),
    (0.0, '0.0'),
    (1.0, '100.0'),
    (-1.0, '–'),
    (None, '–'),
    (float('nan'), '–'),
  ],
)
def test_fractions_are_shown_in_percent(value, text):
  assert sections.percent(value) == text


def test_metrics_show_the_24_numbers_and_the_best_categories_first():
  section = sections.metrics(metrics(), {'disc': 7, 'star': 8}, TABLE, NOTE)
  words = body(section)
  assert 'nothing here' not in words
  start = words.index('AP at IoU 0.50')
  assert words[start + 1 : start + 3] == ['1.0', '1.1']
  assert len([w for w in words if w in TABLE.rows]) == 12
  star, disc = words.index('star'), words.index('disc')
  assert words[star + 1 : star + 4] == ['8', '90.0', '90.0']
  assert words[disc + 1 : disc + 4] == ['7', '10.0', '10.0']
  assert star < disc


def test_metrics_of_boxes_alone_have_dashes_for_masks():
  boxes = {k: v for k, v in metrics().items() if k.startswith('box')}
  words = body(sections.metrics(boxes, {}, TABLE, NOTE))
  start = words.index('star')
  assert words[start + 1 : start + 4] == ['0', '90.0', '–']


def test_another_task_has_its_own_table():
  table = MetricTable(
    'Segmentation',
    'About.',
    ('Value',),
    {'Mean IoU': ('miou',), 'Pixel accuracy': ('accuracy',)},
    {'iou': 'IoU'},
  )
  values = {'miou': 0.5, 'accuracy': 0.75, 'iou/sky': 0.25, 'iou/sea': 0.6}
  section = sections.metrics(values, {'sea': 3}, table, NOTE)
  assert section.title == 'Segmentation'
  overall = ['Value', 'Mean IoU', '50.0', 'Pixel accuracy', '75.0']
  classes = ['sea', '3', '60.0', 'sky', '0', '25.0']
  header = ['Category', 'Objects', 'IoU']
  assert body(section) == [*overall, *header, *classes]


@pytest.mark.parametrize(
  'section',
  [
    sections.metrics({}, {}, TABLE, NOTE),
    sections.training({}, {}, CAPTIONS, NOTE),
    sections.batches([], None, 'About.', NOTE),
    sections.predictions([], 'About.', NOTE),
  ],
  ids=lambda section: section.anchor,
)
def test_a_note_replaces_missing_content(section):
  assert body(section) == ['nothing here', 'make it']


def test_training_shows_the_curves():
  train = {'model_loss': Curve(np.arange(3), np.ones(3))}
  section = sections.training(train, {}, CAPTIONS, NOTE)
  (image,) = outline(section).all('img')
  assert image['src'].startswith('data:image/svg+xml;base64,')
  assert not body(section)


def test_batches_show_pictures_and_the_sheet():
  pictures = [Picture(step, run_folder.panel_png(9)) for step in (0, 250)]
  figure = Figure(elements.photo(np.zeros([2, 2, 3], np.uint8)), 'alt', 'sheet')
  title = 'How the training examples are made'
  section = sections.batches(pictures, figure, 'About.', NOTE)
  words = body(section)
  assert words[:3] == ['Step 0', 'Step 250', title]
  assert words[-1] == 'sheet' and set(panels.LEGEND) <= set(words)
  assert len(outline(section).all('img')) == 3
  frame = Frame('title', '<p>sheet</p>')
  section = sections.batches([], frame, 'About.', NOTE)
  assert outline(section).all('iframe')[0]['srcdoc'] == frame.document
  assert set(body(section)) == {title, '■', *panels.LEGEND}
  without = sections.batches(pictures, None, 'About.', NOTE)
  assert body(without) == ['Step 0', 'Step 250']


def test_predictions_stand_on_the_right_and_a_legend_above():
  black, white = np.zeros([4, 4, 3], np.uint8), np.full([4, 4, 3], 255, 'u1')
  pair = Comparison('<x>.png: 2 objects', black, white)
  section = sections.predictions([pair], 'About.', NOTE)
  left, right = outline(section).all('img')
  words = body(section)
  assert set(comparison.LEGEND) <= set(words)
  assert words[-3:] == ['Ground truth', 'Detections', pair.title]
  assert left['src'] == elements.photo(black)
  assert right['src'] == elements.photo(white)
  assert left['alt'] == 'Ground truth of <x>.png: 2 objects'
  assert right['alt'] == 'Predictions of <x>.png: 2 objects'


def test_setup_lists_settings_versions_and_texts():
  versions = {
    'python': '3.11.7',
    'devices': ['/device:CPU:0', '/device:GPU:0'],
    'git_commit': None,
    'packages': {'numpy': '2.0', 'absent': None},
  }
  section = sections.setup(
    {'Batch size': '8'}, versions, {'Recipe': 'a = <1>', 'Empty': ''}
  )
  words = body(section)
  for text in ('Batch size', '8', '3.11.7', 'numpy', '2.0', 'a = <1>'):
    assert text in words
  assert '/device:CPU:0, /device:GPU:0' in words
  assert not {'None', 'Commit', 'absent', 'Empty'} & set(words)


@pytest.mark.parametrize(
  ('size', 'layout'),
  [((400, 300), 'pairs'), ((20, 401), 'pairs wide'), ((900, 20), 'pairs')],
)
def test_large_images_fill_the_page(size, layout):
  image = np.zeros([*size, 3], np.uint8)
  section = sections.predictions(
    [Comparison('x', image, image)], 'About.', NOTE
  )
  assert layout in [x['class'] for x in outline(section).all('div')]
