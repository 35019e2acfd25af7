"""A segmentation has the same mask in every notation."""

import json

import json_mutations
import numpy as np
import pytest
from coco_folder import SQUARE

from tfrecord_tools import segmentation, segmentation_forms

SHAPE = (60, 80)
RUNS = [608, *[22, 38] * 29, 22, 2430]


def mask(value):
  crop = segmentation.read(segmentation_forms.plain(value), SHAPE)
  return crop.top, crop.left, crop.mask.shape, bool(crop.mask.all())


@pytest.mark.parametrize('value', json_mutations.SHAPES, ids=str)
def test_notations_of_a_square(value):
  assert mask(value) == (8, 10, (22, 30), True)


@pytest.mark.parametrize(
  'value',
  [
    [[x, y] for x, y in zip(SQUARE[::2], SQUARE[1::2], strict=True)]
    + [[10, 8]],
    [[*SQUARE, 10, 8]],
    [[*map(float, SQUARE)]],
    [','.join(map(str, SQUARE))],
    ' '.join(map(str, SQUARE)),
    json.dumps([SQUARE]),
    {'type': 'Polygon', 'coordinates': [json_mutations.SHAPES[1]]},
    {'type': 'MultiPolygon', 'coordinates': [[json_mutations.SHAPES[1]]]},
    {'points': json_mutations.SHAPES[1]},
    {'all_points_x': SQUARE[::2], 'all_points_y': SQUARE[1::2]},
    {'counts': [RUNS], 'size': SHAPE},
    {'counts': [float(run) for run in RUNS], 'size': '60, 80'},
    {'counts': ' '.join(map(str, RUNS)), 'size': ['60', '80']},
  ],
  ids=str,
)
def test_more_notations_of_a_square(value):
  value = list(value) if isinstance(value, tuple) else value
  if isinstance(value, dict) and value.get('size') == SHAPE:
    value['size'] = list(SHAPE)
  assert mask(value) == (8, 10, (22, 30), True)


def test_compressed_run_lengths_as_text_and_bytes():
  from pycocotools import mask as coco_mask

  square = np.zeros(SHAPE, np.uint8, order='F')
  square[8:30, 10:40] = 1
  counts = coco_mask.encode(square)['counts']
  for text in (counts.decode(), str(counts), f' {counts.decode()}\n'):
    expected = (8, 10, (22, 30), True)
    assert mask({'counts': text, 'size': [60, 80]}) == expected
    assert mask(text) == expected


@pytest.mark.parametrize(
  'value',
  [
    [SQUARE],
    [SQUARE, [1, 2, 3, 4, 5, 6]],
    [[1, 2], [3, 4]],
    {'counts': RUNS, 'size': [60, 80]},
    {'counts': 'abc', 'size': [60, 80]},
    {'counts': "b'abc',1", 'size': [60, 80]},
  ],
  ids=str,
)
def test_plain_segmentations_are_returned_themselves(value):
  assert segmentation_forms.plain(value) is value


@pytest.mark.parametrize(
  'value',
  [
    [1, None, 3, 4, 5, 6],
    [[1, 2, 3, 4, 5, float('nan')], ['x'] * 6],
    [SQUARE, {'counts': RUNS}],
    {'x': [1, 2], 'y': [1]},
    {'type': 'Polygon', 'coordinates': [[[1, 1]] * 4, [[2, 2]] * 4]},
    {'type': 'Polygon', 'coordinates': 5},
    [[[[[[[[[[[[1, 2, 3, 4, 5, 6]]]]]]]]]]]],
    5,
    True,
  ],
  ids=str,
)
def test_values_without_a_clear_meaning_are_returned_themselves(value):
  assert segmentation_forms.plain(value) is value


def test_several_polygons_stay_several():
  nested = [[SQUARE], [SQUARE, SQUARE]]
  assert segmentation_forms.plain(nested) == [SQUARE] * 3
  points = json_mutations.SHAPES[1]
  assert segmentation_forms.plain([points, points]) == [SQUARE] * 2
