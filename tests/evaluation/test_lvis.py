import functools
import json

import federated_sets
import lvis_by_hand
import pytest

from copypaste_tf.evaluation import lvis
from copypaste_tf.evaluation.coco import PREFIXES

NAMES = {
  'AP': 'ap',
  'AP50': 'ap50',
  'AP75': 'ap75',
  'APs': 'ap_small',
  'APm': 'ap_medium',
  'APl': 'ap_large',
  'APr': 'ap_rare',
  'APc': 'ap_common',
  'APf': 'ap_frequent',
}
AREAS = {'s': 'small', 'm': 'medium', 'l': 'large'}
TRUTHS = {
  'lvis_v1_sample': 'lvis_v1_form_val_100',
  'lvis_val_sample': 'lvis_val_100',
}
V1 = 'lvis_v1_sample/golden_lvis053.json'
V05 = 'lvis_val_sample/golden_lvis053.json'
LIMITS = 'lvis_val_sample/golden_lvis_maxdets.json'
MASKS = {'iou_type': 'segm', 'box_areas': True}
OWN = {'iou_type': 'segm', 'box_areas': False}
FIXED = OWN | {'fixed': True}
BOXES = {'iou_type': 'bbox'}


@pytest.fixture(scope='module')
def sample(real_data):
  def read(folder):
    if not (real_data / folder).is_dir():
      pytest.skip(f'{real_data / folder} is missing')
    names = (TRUTHS[folder], 'synthetic_results')
    return [
      json.loads((real_data / folder / f'{name}.json').read_text())
      for name in names
    ]

  return functools.cache(read)


def golden_names(stats, limit):
  """Returns the golden numbers under our names."""
  named = {NAMES[k]: v for k, v in stats.items() if k in NAMES}
  for key, value in stats.items():
    if key not in NAMES:
      area = AREAS.get(key[2])
      named[f'ar_{area}' if area else f'ar{limit}'] = value
  return named


@pytest.mark.parametrize(
  ('path', 'entry', 'knobs'),
  [
    (V1, 'bbox', BOXES),
    (V1, 'segm', MASKS),
    (V1, 'segm_mask_area', OWN),
    (V1, 'bbox@5', BOXES | {'limit': 5}),
    (V1, 'segm_fixed_top2_per_category', FIXED | {'limit': 2}),
    (V1, 'segm_fixed_top10000_per_category', FIXED),
    (V05, 'bbox', BOXES),
    (V05, 'segm', MASKS),
    *((LIMITS, f'bbox@{n}', BOXES | {'limit': n}) for n in (5, 10, 300)),
    *((LIMITS, f'segm@{n}', MASKS | {'limit': n}) for n in (5, 10, 300)),
    ('lvis_val_sample/golden_mask_area.json', 'segm', OWN),
    (
      'lvis_val_sample/golden_boundary.json',
      'boundary',
      {'iou_type': 'boundary', 'box_areas': True},
    ),
  ],
)
def test_numbers_are_those_of_the_official_evaluators(
  real_data, sample, path, entry, knobs
):
  truth, results = sample(path.split('/')[0])
  knobs = dict(knobs)
  iou_type = knobs.pop('iou_type')
  stats = json.loads((real_data / path).read_text())[entry]
  found = lvis.evaluate(truth, results, iou_types=[iou_type], **knobs)
  prefix = PREFIXES[iou_type]
  expected = golden_names(stats, knobs.get('limit', 300))
  assert {k.removeprefix(f'{prefix}_') for k in found} == set(expected)
  for name, value in expected.items():
    assert found[f'{prefix}_{name}'] == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize('iou_type', ['bbox', 'segm', 'boundary'])
@pytest.mark.parametrize('seed', range(6))
def test_numbers_are_those_of_a_loop_over_the_steps(seed, iou_type):
  truth, results = federated_sets.random_set(seed)
  knobs = [{}, {'limit': 3}, {'limit': 4, 'fixed': True}][seed % 3]
  found = lvis.evaluate(truth, results, iou_types=[iou_type], **knobs)
  expected = lvis_by_hand.evaluate(truth, results, iou_type, **knobs)
  prefix = f'{PREFIXES[iou_type]}_'
  if knobs.get('fixed'):
    expected = {k: v for k, v in expected.items() if not k.startswith('ar')}
  assert found == pytest.approx(
    {prefix + name: value for name, value in expected.items()}, abs=1e-12
  )
  assert 0 < found[f'{prefix}ap'] < 1


def test_the_loop_itself_gives_the_official_numbers(real_data, sample):
  stats = json.loads((real_data / V05).read_text())['bbox']
  found = lvis_by_hand.evaluate(*sample('lvis_val_sample'), 'bbox')
  assert found == pytest.approx(golden_names(stats, 300), abs=1e-9)
