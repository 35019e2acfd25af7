"""Detections of an image become labels by stated rules."""

import numpy as np
import pytest
import random_records

from copypaste_tf import records
from copypaste_tf.evaluation import pasting
from copypaste_tf.labelling import labels
from copypaste_tf.labelling.labels import Detected, Rules
from copypaste_tf.labelling.thresholds import Thresholds

NAMES = {1: 'cat', 2: 'dog', 7: 'cow'}
SHAPE = (30, 40)


def image():
  masks = np.ones([2, *SHAPE], bool)
  return random_records.make_record(
    masks,
    difficult=np.zeros(2, bool),
    neg_category_ids=[3],
    not_exhaustive_category_ids=[4],
  )


def detected(*rows, mask=None):
  """Makes detections of rows `(class, score, box)`; masks fill the boxes."""
  mask = np.ones([5, 5], np.float32) if mask is None else mask
  return Detected(
    boxes=np.array([r[2] for r in rows], np.float32).reshape(-1, 4),
    scores=np.array([r[1] for r in rows], np.float32),
    classes=np.array([r[0] for r in rows], np.int32),
    masks=np.array([mask] * len(rows), np.float32).reshape(-1, *mask.shape),
  )


def label(*rows, mask=None, threshold=0.05, **rules):
  rules.setdefault('thresholds', Thresholds(threshold))
  return labels.label(
    image(), detected(*rows, mask=mask), Rules(NAMES, **rules)
  )


A, B = (2, 4, 12, 20), (8, 10, 25.4, 39.2)


def test_the_best_label_is_first_and_its_mask_is_the_pasted_one():
  found = detected((1, 0.25, A), (2, 0.75, B), (0, 0.0, (0, 0, 0, 0)))
  result = labels.label(image(), found, Rules(NAMES, Thresholds(0.05)))
  record = result.record
  assert record.classes.tolist() == [2, 1]
  assert record.class_names == ['dog', 'cat']
  assert record.scores.tolist() == [0.75, 0.25]
  np.testing.assert_allclose(record.boxes, [B, A], rtol=1e-6)
  for mask, i in zip(records.instance_masks(record), (1, 0), strict=True):
    crop = pasting.paste(found.masks[i], found.boxes[i], SHAPE)
    expected = np.zeros(SHAPE, bool)
    expected[crop.window] = crop.mask
    assert expected.any()
    np.testing.assert_array_equal(mask, expected)
    assert record.areas[[1, 0].index(i)] == expected.sum()
  assert len(record.planes) == 2  # They overlap.
  assert not result.dropped and not result.apart


def test_the_image_stays_and_its_own_labels_go():
  before, record = image(), label((1, 0.5, A)).record
  for name in (
    'image_bytes',
    'image_format',
    'height',
    'width',
    'filename',
    'source_id',
  ):
    assert getattr(record, name) == getattr(before, name)
  assert record.pseudo and record.has_masks and not record.crowd.any()
  assert record.difficult is record.neg_category_ids is None
  assert record.not_exhaustive_category_ids is None
  again = records.parse(records.serialize(record, masks_png=()))
  assert again.pseudo
  np.testing.assert_array_equal(again.scores, record.scores)
  np.testing.assert_array_equal(again.planes, record.planes)


def test_an_image_without_detections_is_a_record_without_labels():
  for result in (label(), label((1, 0.01, A))):
    assert len(result.record.classes) == 0 and not result.dropped
    again = records.parse(records.serialize(result.record, masks_png=()))
    assert again.has_masks and again.scores.shape == (0,)


def test_a_score_at_the_threshold_of_its_class_is_enough():
  thresholds = Thresholds(0.3, {2: 0.7})
  rows = [(1, 0.3, A), (1, 0.29, A), (2, 0.7, B), (2, 0.69, B)]
  record = label(*rows, thresholds=thresholds).record
  assert record.classes.tolist() == [2, 1]
  np.testing.assert_allclose(record.scores, [0.7, 0.3])


def test_a_class_without_a_name_is_dropped_and_counted():
  result = label((3, 0.9, A), (7, 0.5, B))
  assert result.record.classes.tolist() == [7]
  assert result.dropped == {'unknown_category': 1}


def test_a_mask_without_a_pixel_or_below_the_least_area_is_dropped():
  nothing = np.zeros([5, 5], np.float32)
  assert label((1, 0.9, A), mask=nothing).dropped == {'no_visible_pixel': 1}
  outside = (40, 4, 50, 20)
  assert label((1, 0.9, outside)).dropped == {'no_visible_pixel': 1}
  assert label((1, 0.9, (2, 2, 4, 4)), min_area=5).dropped == {'small_area': 1}
  assert not label((1, 0.9, (2, 2, 4, 4)), min_area=4).dropped


def test_objects_of_the_lowest_scores_find_no_plane():
  rows = [(1, 0.2 + 0.1 * i, A) for i in range(5)] + [(2, 0.1, (20, 1, 29, 9))]
  result = label(*rows, max_planes=2)
  np.testing.assert_allclose(result.record.scores, [0.6, 0.5, 0.1])
  assert len(result.record.planes) == 2
  assert result.dropped == {'no_free_plane': 3}
  assert len(label(*rows, max_planes=5).record.planes) == 5


def test_a_hundred_labels_are_kept():
  rows = [
    (1, 0.5, (i % 10 * 3, i // 10 * 4, i % 10 * 3 + 2, i // 10 * 4 + 3))
    for i in range(100)
  ]
  record = label(*rows).record
  assert len(record.classes) == 100 and len(np.unique(record.ids)) == 100


@pytest.mark.parametrize('boxes', labels.BOXES)
def test_boxes_are_cut_to_the_image_or_those_of_the_masks(boxes):
  half = np.ones([4, 4], np.float32)
  half[:2] = 0  # The upper half is empty.
  result = label((1, 0.9, (-10, -5, 30, 45)), mask=half, boxes=boxes)
  (box,) = result.record.boxes.tolist()
  mask = next(records.instance_masks(result.record))
  top = np.flatnonzero(mask.any(axis=1))[0]
  assert 9 <= top <= 11
  assert box == ([0, 0, 30, 40] if boxes == 'detected' else [top, 0, 30, 40])


@pytest.mark.parametrize(('top', 'apart'), [(-10, 0), (-6, 1)])
def test_boxes_far_from_their_masks_are_counted(top, apart):
  half = np.ones([4, 4], np.float32)
  half[:2] = 0
  box = (top, 0, 30, 40)
  result = label((1, 0.9, box), mask=half)
  first = np.flatnonzero(
    next(records.instance_masks(result.record)).any(axis=1)
  )[0]
  assert (first > labels.APART_PX) == bool(apart) == bool(result.apart)


def test_scores_that_rounding_led_above_one_are_one():
  assert label((1, 1 + 1e-6, A)).record.scores.tolist() == [1]
