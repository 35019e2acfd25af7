"""A box has the same corners in every notation."""

import pytest

from tfrecord_tools import coco_boxes


@pytest.mark.parametrize(
  'bbox',
  [
    [1, 2, 3, 4],
    (1, 2, 3, 4),
    ['1', ' 2 ', 3.0, '4.0'],
    [[1, 2, 3, 4]],
    '[1, 2, 3, 4]',
    '1,2,3,4',
    ' (1 2 3 4) ',
    {'x': 1, 'y': 2, 'width': 3, 'height': 4},
    {'X': 1, 'Y': 2, 'W': 3, 'H': '4'},
    {'left': 1, 'top': 2, 'width': 3, 'height': 4},
    {'xmin': 1, 'ymin': 2, 'xmax': 4, 'ymax': 6},
    {'x1': 1, 'y1': 2, 'x2': 4, 'y2': 6},
  ],
  ids=str,
)
def test_notations_of_a_box(bbox):
  assert coco_boxes.corners(bbox) == (2, 1, 6, 4)
  assert coco_boxes.is_plain(bbox) == (bbox == [1, 2, 3, 4])


@pytest.mark.parametrize(
  'bbox',
  [
    [1, 2, 3],
    [1, 2, 3, 4, 5],
    [1, 2, 3, None],
    [1, 2, 3, 10**400],
    'x',
    '1,2',
    {'x': 1},
    {'x': 1, 'y': 2, 'w': 3, 'h': 'x'},
    {'x1': 1, 'y1': 2, 'x2': 4, 'y2': None},
    5,
    True,
  ],
  ids=str,
)
def test_other_values_are_no_boxes(bbox):
  assert coco_boxes.corners(bbox) is None
