"""One annotation: its box, mask, area and what is wrong with it."""

import math

import numpy as np
import pytest
from coco_folder import SQUARE, label

from tfrecord_tools import annotations, orientation
from tfrecord_tools.faults import SourceError
from tfrecord_tools.images import StoredImage

UPRIGHT = annotations.Frame((60, 80), orientation.UPRIGHT, False)


def stored(shape, file_shape, tag=orientation.UPRIGHT):
  fields = dict.fromkeys(StoredImage._fields)
  known = {'shape': shape, 'file_shape': file_shape, 'orientation': tag}
  return StoredImage(**fields | known)


def read(frame=UPRIGHT, include_masks=True, **changes):
  return annotations.read(
    label(7, **changes),
    frame=frame,
    categories={3: 'cat'},
    include_masks=include_masks,
  )


def test_a_sound_annotation():
  found = read()
  assert found.box.tolist() == [8, 10, 30, 40]
  assert (found.category_id, found.area, found.crowd) == (3, 660.0, False)
  assert (found.annotation_id, found.notes) == (7, ())
  assert (found.crop.top, found.crop.left) == (8, 10)
  assert found.crop.mask.shape == (22, 30) and found.crop.mask.all()


def test_masks_are_read_only_where_they_are_needed():
  assert read(include_masks=False, segmentation='nonsense').crop is None
  found = read(include_masks=False, bbox=None)
  assert found.crop is None and found.box.tolist() == [8, 10, 30, 40]
  assert found.notes == ('boxes_from_masks',)


def test_areas_come_from_the_mask_or_else_the_box():
  corner = [[0, 0, 10, 0, 10, 4, 0, 4]]
  found = read(area=None, segmentation=corner, bbox=[0, 0, 20, 20])
  assert found.area == 40 and found.notes == ('areas_computed',)
  assert read(area=None, include_masks=False).area == 660


@pytest.mark.parametrize(
  ('bbox', 'box'),
  [
    ([70, 50, 20, 20], [50, 70, 60, 80]),
    ([-5, -6, 20, 20], [0, 0, 14, 15]),
    ([0, 0, 80, 60], [0, 0, 60, 80]),
  ],
)
def test_boxes_are_clipped_and_noted(bbox, box):
  found = read(bbox=bbox)
  assert found.box.tolist() == box
  assert (found.notes == ('clipped_boxes',)) == (box != [0, 0, 60, 80])


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'category_id': 4}, 'unknown_category: no category has the id 4'),
    ({'category_id': '3'}, "no category has the id '3'"),
    ({'iscrowd': 2}, 'malformed_iscrowd: expected 0 or 1, got 2'),
    ({'bbox': [1, 2, 3]}, 'malformed_box: expected 4 numbers'),
    ({'bbox': [1, 2, -3, 4]}, r'malformed_box: expected \[x, y, width'),
    ({'bbox': [1, 2, 0, 4]}, 'empty_box: .* leaves nothing'),
    ({'bbox': [80, 2, 3, 4]}, r'box_outside_image: .* \(60, 80\)'),
    ({'bbox': None, 'segmentation': [[1.1, 1.1] * 3]}, 'no_box: .*no pixel'),
    ({'area': -1}, 'malformed_area: expected a number >= 0, got -1'),
    ({'area': math.nan}, 'malformed_area'),
    ({'segmentation': None}, 'no_segmentation'),
  ],
)
def test_what_cannot_be_is_refused(changes, message):
  with pytest.raises(SourceError, match=message):
    read(**changes)


@pytest.mark.parametrize('tag', range(2, 9))
def test_labels_of_stored_frames_are_turned(tag):
  found = read(frame=annotations.Frame((60, 80), tag, False))
  mask = np.zeros((60, 80), bool)
  mask[8:30, 10:40] = True
  expected = orientation.turn_pixels(mask, tag)
  rows, columns = np.nonzero(expected)
  assert found.box.tolist() == [
    rows.min(),
    columns.min(),
    rows.max() + 1,
    columns.max() + 1,
  ]
  again = np.zeros_like(expected)
  again[found.crop.window] = found.crop.mask
  np.testing.assert_array_equal(again, expected)


def test_the_frame_is_found_by_the_size():
  upright, turned = stored((60, 80), (60, 80)), stored((80, 60), (60, 80), 6)
  named = {'height': 60, 'width': 80}
  assert annotations.frame_of(named, upright) == UPRIGHT
  assert annotations.frame_of({}, upright) == UPRIGHT
  assert annotations.frame_of(named, turned) == ((60, 80), 6, False)
  swapped = {'height': 80, 'width': 60}
  assert annotations.frame_of(swapped, turned) == ((80, 60), 1, False)
  assert annotations.frame_of(named, stored((60, 80), (60, 80), 3)).assumed
  with pytest.raises(SourceError, match=r'height, width \(80, 60\), .*\(60'):
    annotations.frame_of(swapped, upright)


def test_only_integers_are_numbers():
  assert read(segmentation=[SQUARE]).annotation_id == 7
  nameless = {k: v for k, v in label(7).items() if k != 'id'}
  for entry in (nameless, {**nameless, 'id': 'x'}):
    found = annotations.read(
      entry, frame=UPRIGHT, categories={3: 'cat'}, include_masks=False
    )
    assert found.annotation_id == annotations.NO_ID
