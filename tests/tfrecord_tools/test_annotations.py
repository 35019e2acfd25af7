"""Tests one placed object: its box, mask, area and faults."""

import math

import numpy as np
import pytest
from coco_folder import SQUARE, label

from tfrecord_tools import annotations, coco_objects, orientation
from tfrecord_tools.faults import SourceError
from tfrecord_tools.images import StoredImage

UPRIGHT = annotations.Frame((60, 80), orientation.UPRIGHT, False)


def stored(shape, file_shape, tag=orientation.UPRIGHT):
  fields = dict.fromkeys(StoredImage._fields)
  known = {'shape': shape, 'file_shape': file_shape, 'orientation': tag}
  return StoredImage(**fields | known)


def names(found):
  return [note.name for note in found.notes]


def place(frame=UPRIGHT, include_masks=True, **changes):
  entry = coco_objects.object_entry(label(7, **changes))
  return annotations.place(
    entry, frame=frame, categories={3}, include_masks=include_masks
  )


def test_a_valid_annotation_is_placed():
  found = place()
  assert found.box.tolist() == [8, 10, 30, 40]
  assert (found.category_id, found.area, found.crowd) == (3, 660.0, False)
  assert (found.annotation_id, found.notes) == (7, ())
  assert (found.crop.top, found.crop.left) == (8, 10)
  assert found.crop.mask.shape == (22, 30) and found.crop.mask.all()


def test_masks_are_read_only_where_they_are_needed():
  assert place(include_masks=False, segmentation='nonsense').crop is None
  found = place(include_masks=False, bbox=None)
  assert found.crop is None and found.box.tolist() == [8, 10, 30, 40]
  assert names(found) == ['boxes_from_masks']


def test_areas_come_from_the_mask_or_else_the_box():
  corner = [[0, 0, 10, 0, 10, 4, 0, 4]]
  found = place(area=None, segmentation=corner, bbox=[0, 0, 20, 20])
  assert found.area == 40
  assert names(found) == ['boxes_unlike_masks', 'areas_computed']
  assert place(area=None, include_masks=False).area == 660


@pytest.mark.parametrize('box', [[0, 0, 20, 20], None])
def test_a_computed_area_counts_the_pixels_of_the_mask(box):
  triangle = [[0, 0, 12, 0, 0, 12]]
  found = place(area=None, segmentation=triangle, bbox=box)
  assert found.crop.mask.shape == (11, 11)
  assert found.area == found.crop.mask.sum() == 66


@pytest.mark.parametrize(
  ('bbox', 'box'),
  [
    ([70, 50, 20, 20], [50, 70, 60, 80]),
    ([-5, -6, 20, 20], [0, 0, 14, 15]),
    ([0, 0, 80, 60], [0, 0, 60, 80]),
  ],
)
def test_boxes_are_clipped_and_noted(bbox, box):
  found = place(bbox=bbox)
  assert found.box.tolist() == box
  assert ('clipped_boxes' in names(found)) == (box != [0, 0, 60, 80])


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    (
      {'category_id': 4},
      'unknown_category: no category .* id 4; there are 3$',
    ),
    ({'category_id': 'x'}, "no category has the id 'x'"),
    ({'bbox': None, 'segmentation': [[1.1, 1.1] * 3]}, 'no_box: .*no pixel'),
    ({'segmentation': None}, 'no_segmentation'),
  ],
)
def test_invalid_annotations_are_refused(changes, message):
  with pytest.raises(SourceError, match=message):
    place(**changes)


BAD_BOXES = [
  ([1, 2, -3, 4], r'malformed_box: expected .* \(2.0, 1.0, 6.0, -'),
  ([1, 2, 3, -4], 'malformed_box'),
  ([1, 2, 1e308, 1e308], 'box_outside|malformed_box'),
  ([1, 2, 0, 4], 'empty_box: .* leaves nothing'),
  ([80, 2, 3, 4], r'box_outside_image: .* \(60, 80\)'),
]


@pytest.mark.parametrize('bbox', [box for box, _ in BAD_BOXES], ids=str)
def test_the_mask_replaces_a_box_that_cannot_be(bbox):
  for include_masks in (True, False):
    found = place(bbox=bbox, include_masks=include_masks)
    if bbox != [1, 2, 1e308, 1e308]:
      assert found.box.tolist() == [8, 10, 30, 40]
      assert 'boxes_from_masks' in names(found)


@pytest.mark.parametrize(('bbox', 'message'), BAD_BOXES[:2] + BAD_BOXES[3:])
def test_a_bad_box_without_a_mask_is_refused(bbox, message):
  with pytest.raises(SourceError, match=message):
    place(bbox=bbox, include_masks=False, segmentation=None)


@pytest.mark.parametrize('area', [-1, math.nan, math.inf, 'x', 4801, 10**400])
def test_an_area_that_cannot_be_is_computed(area):
  found = place(area=area)
  assert found.area == 660 and names(found)[-1] == 'areas_computed'


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'difficult': 2}, 'malformed_difficult: expected 0 or 1, got 2'),
    ({'score': 1.5}, 'malformed_score: expected 0 to 1, got 1.5'),
    ({'score': math.nan}, 'malformed_score'),
    ({'score': '1'}, 'malformed_score'),
  ],
)
def test_extras_of_other_loaders_are_checked(changes, message):
  entry = coco_objects.object_entry(label(7))._replace(**changes)
  with pytest.raises(SourceError, match=message):
    annotations.place(entry, frame=UPRIGHT, categories={3}, include_masks=True)


@pytest.mark.parametrize('tag', range(2, 9))
def test_labels_of_stored_frames_are_turned(tag):
  found = place(frame=annotations.Frame((60, 80), tag, False))
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


def test_the_size_decides_between_stored_and_turned_frame():
  upright, turned = stored((60, 80), (60, 80)), stored((80, 60), (60, 80), 6)
  size = (60, 80)
  assert annotations.frame_of(size, upright) == UPRIGHT
  assert annotations.frame_of(None, upright) == UPRIGHT
  assert annotations.frame_of(size, turned) == ((60, 80), 6, False)
  swapped = (80, 60)
  assert annotations.frame_of(swapped, turned) == ((80, 60), 1, False)
  assert annotations.frame_of(size, stored((60, 80), (60, 80), 3)).assumed
  for partly in ((60, None), (None, 80)):
    assert annotations.frame_of(partly, upright) == UPRIGHT
  assert annotations.frame_of((60, None), turned).shape == (60, 80)
  with pytest.raises(SourceError, match='image_size_mismatch'):
    annotations.frame_of((61, None), upright)
  with pytest.raises(SourceError, match=r'height, width \(80, 60\), .*\(60'):
    annotations.frame_of(swapped, upright)


def test_other_annotation_ids_than_integers_are_left_out():
  assert place(segmentation=[SQUARE]).annotation_id == 7
  for number in (None, 'x'):
    assert place(id=number).annotation_id == annotations.NO_ID


def test_difficult_and_score_are_kept_where_they_are_stated():
  found = place()
  assert (found.difficult, found.score) == (None, None)
  found = place(difficult=1, score=0)
  assert found.difficult is True and found.score == 0.0
  assert place(difficult=0, score=0.5).difficult is False


def test_a_swapped_size_is_named():
  image = stored((60, 80), (60, 80), 1)
  with pytest.raises(SourceError, match='may be swapped'):
    annotations.frame_of((80, 60), image)
  with pytest.raises(SourceError, match='another version of the image'):
    annotations.frame_of((120, 160), image)
