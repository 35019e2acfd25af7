"""The form of a data set's boxes is found from some of them, and told."""

import pytest
from coco_folder import CocoFolder, label

from tfrecord_tools import box_survey, coco_json


def form_of(folder):
  path = str(folder.write())
  return box_survey.form_of(path, coco_json.load(path, stop=False))


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def test_a_sound_data_set_says_nothing(folder, capsys):
  folder.add(1, label(1), label(2, segmentation=None))
  assert form_of(folder) is None
  assert capsys.readouterr().out == ''


def test_the_form_of_most_boxes_is_told(folder, capsys):
  corners = [10, 8, 40, 30]
  folder.add(1, label(1, bbox=corners), label(2, bbox=corners))
  folder.add(2, label(3, 2), label(4, 2, bbox=corners))
  assert form_of(folder) == '[x1, y1, x2, y2]'
  assert '3 of 4 boxes do not fit their masks' in capsys.readouterr().out


@pytest.mark.parametrize(
  ('boxes', 'message'),
  [
    ([[0.1, 0.1, 0.5, 0.4], [0.5, 0.5, 0.5, 1]], 'fractions'),
    ([[10, 8, 40, 30], [50, 30, 80, 60]], r'x1, y1, x2, y2\], and 1 lead out'),
  ],
)
def test_boxes_of_another_form_without_masks_are_refused(
  folder, boxes, message
):
  for number, box in enumerate(boxes, 1):
    folder.add(number, label(number, number, bbox=box, segmentation=None))
  with pytest.raises(ValueError, match=message):
    form_of(folder)


def test_boxes_without_masks_that_may_be_standard_are_accepted(folder):
  boxes = [[10, 8, 40, 30], [50, 40, 30, 22], [0, 0, 1, 1]]
  for number, box in enumerate(boxes, 1):
    folder.add(number, label(number, number, bbox=box, segmentation=None))
  assert form_of(folder) is None


def test_objects_without_a_mask_or_a_size_are_not_compared(folder):
  corners = [10, 8, 40, 30]
  folder.add(1, label(1, bbox=corners, segmentation=[[1, 2, 3]]))
  folder.add(2, label(2, 2, bbox=corners), height=0)
  folder.add(3, label(3, 3, bbox=corners), height=2**40)
  folder.add(4, label(4, 4, bbox=None), label(5, 4, iscrowd='x'))
  assert form_of(folder) is None


@pytest.mark.parametrize(
  ('count', 'side', 'right', 'told'),
  [(12, 250, 100, True), (11, 250, 100, False), (12, 249, 100, False),
   (12, 250, 101, False)],
)  # fmt: skip
def test_boxes_that_may_be_percentages_are_named_but_small_sets_are_not(
  folder, capsys, count, side, right, told
):
  for number in range(1, count + 1):
    box = [5, 8 * number, right if number == 3 else 60, 4]
    item = label(number, number, bbox=box, segmentation=None)
    folder.add(number, item, height=250, width=side)
  assert form_of(folder) is None
  assert ('percentages' in capsys.readouterr().out) == told
