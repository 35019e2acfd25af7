import numpy as np
import pytest
import run_folder
from outline import Outline

from copypaste_tf.evaluation.coco import METRICS
from copypaste_tf.reporting import page, sections
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.events import Curve, Picture

NOTE = page.note('nothing here', 'make it')


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
def test_percent(value, text):
  assert sections.percent(value) == text


def test_precision_shows_the_24_numbers_and_the_categories_best_first():
  section = sections.precision(metrics(), {'disc': 7, 'star': 8}, NOTE)
  words = Outline(section.body).words
  assert 'nothing here' not in words
  start = words.index('AP at IoU 0.50')
  assert words[start + 1 : start + 3] == ['1.0', '1.1']
  assert len([w for w in words if w in sections._SYMBOLS.values()]) == 12
  star, disc = words.index('star'), words.index('disc')
  assert words[star + 1 : star + 4] == ['8', '90.0', '90.0']
  assert words[disc + 1 : disc + 4] == ['7', '10.0', '10.0']
  assert star < disc


def test_precision_of_boxes_alone_has_dashes_for_masks():
  boxes = {k: v for k, v in metrics().items() if k.startswith('box')}
  words = Outline(sections.precision(boxes, {}, NOTE).body).words
  start = words.index('star')
  assert words[start + 1 : start + 4] == ['0', '90.0', '–']


@pytest.mark.parametrize(
  'section',
  [
    sections.precision({}, {}, NOTE),
    sections.training({}, {}, NOTE),
    sections.batches([], '', NOTE),
    sections.predictions([], 0.5, NOTE),
  ],
  ids=lambda section: section.anchor,
)
def test_a_note_says_what_is_missing(section):
  assert Outline(section.body).words == ['nothing here', 'make it']


def test_training_shows_the_curves():
  train = {'model_loss': Curve(np.arange(3), np.ones(3))}
  section = sections.training(train, {}, NOTE)
  (image,) = Outline(section.body).all('img')
  assert image['src'].startswith('data:image/svg+xml;base64,')
  assert NOTE not in section.body


def test_batches_show_pictures_and_the_sheet():
  pictures = [Picture(step, run_folder.panel_png(9)) for step in (0, 250)]
  body = sections.batches(pictures, '<p>sheet</p>', NOTE).body
  outline = Outline(body)
  assert [w for w in outline.words if w] == ['Step 0', 'Step 250', 'sheet']
  assert len(outline.all('img')) == 2
  assert '<p>sheet</p>' in sections.batches([], '<p>sheet</p>', NOTE).body


def test_predictions_stand_on_the_right():
  black, white = np.zeros([4, 4, 3], np.uint8), np.full([4, 4, 3], 255, 'u1')
  pair = Comparison('<x>.png: 2 objects', black, white)
  section = sections.predictions([pair], 0.25, NOTE)
  left, right = Outline(section.body).all('img')
  assert left['src'] == page.photo(black)
  assert right['src'] == page.photo(white)
  assert left['alt'] == 'Ground truth of <x>.png: 2 objects'
  assert right['alt'] == 'Predictions of <x>.png: 2 objects'
  assert '0.25' in section.about


def test_what_ran_lists_settings_versions_and_texts():
  versions = {
    'python': '3.11.7',
    'devices': ['/device:CPU:0', '/device:GPU:0'],
    'git_commit': None,
    'packages': {'numpy': '2.0', 'absent': None},
  }
  section = sections.what_ran(
    {'Batch size': '8'}, versions, {'Recipe': 'a = <1>', 'Empty': ''}
  )
  words = Outline(section.body).words
  for text in ('Batch size', '8', '3.11.7', 'numpy', '2.0', 'a = <1>'):
    assert text in words
  assert '/device:CPU:0, /device:GPU:0' in words
  assert not {'None', 'Commit', 'absent', 'Empty'} & set(words)


@pytest.mark.parametrize(
  ('size', 'layout'), [((400, 300), 'pairs'), ((20, 401), 'pairs wide')]
)
def test_large_images_fill_the_page(size, layout):
  image = np.zeros([*size, 3], np.uint8)
  section = sections.predictions([Comparison('x', image, image)], 0.5, NOTE)
  assert Outline(section.body).all('div')[0]['class'] == layout
