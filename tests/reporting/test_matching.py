import numpy as np
import pytest

from copypaste_tf.reporting import matching

FIRST, SECOND = [0, 0, 10, 10], [0, 20, 10, 30]


def regions(boxes, classes=None, size=(40, 40), masks=True):
  boxes = np.array(boxes, float).reshape(-1, 4)
  drawn = np.zeros([len(boxes), *size], bool)
  for mask, (top, left, bottom, right) in zip(
    drawn, boxes.astype(int), strict=True
  ):
    mask[top:bottom, left:right] = True
  classes = [1] * len(boxes) if classes is None else classes
  return matching.Regions(classes, boxes, list(drawn) if masks else None)


def match(truth, detections, scores=None, crowd=None):
  scores = [0.9] * len(detections.classes) if scores is None else scores
  crowd = [False] * len(truth.classes) if crowd is None else crowd
  return matching.match(truth, crowd, detections, scores)


@pytest.mark.parametrize('masks', [True, False])
def test_each_detection_takes_the_object_that_it_covers(masks):
  truth = regions([FIRST, SECOND], masks=masks)
  guess = regions([SECOND, FIRST, [30, 30, 40, 40]], masks=masks)
  assert match(truth, guess) == [1, 0, None]


@pytest.mark.parametrize(('width', 'found'), [(5, 0), (4, None)])
def test_half_of_the_union_is_enough(width, found):
  assert match(regions([FIRST]), regions([[0, 0, 10, width]])) == [found]


def test_the_highest_score_takes_an_object_and_later_ones_are_false_alarms():
  truth, guess = regions([FIRST]), regions([FIRST, FIRST])
  assert match(truth, guess, [0.3, 0.8]) == [None, 0]


def test_a_detection_of_another_class_is_a_false_alarm():
  truth = regions([FIRST, SECOND], [1, 2])
  assert match(truth, regions([FIRST, SECOND], [2, 2])) == [None, 1]


def test_a_crowd_takes_any_number_of_detections_inside_it():
  truth = regions([[0, 0, 40, 40]])
  guess = regions([FIRST, SECOND, [0, 0, 5, 5]])
  assert match(truth, guess, crowd=[True]) == [0, 0, 0]


def test_an_object_comes_before_the_crowd_around_it():
  truth = regions([[0, 0, 40, 40], [0, 0, 10, 9]])
  assert match(truth, regions([FIRST]), crowd=[True, False]) == [1]


def test_masks_decide_where_boxes_agree():
  truth, guess = regions([FIRST]), regions([FIRST])
  guess.masks[0][:] = np.eye(40, dtype=bool)
  assert match(truth, guess) == [None]
  boxes = guess._replace(masks=None)
  assert match(truth, boxes) == [0]


@pytest.mark.parametrize('masks', [True, False])
def test_images_without_objects_or_detections_have_no_hits(masks):
  none, one = regions([], masks=masks), regions([FIRST], masks=masks)
  assert match(none, one) == [None]
  assert match(one, none) == []
  assert match(none, none) == []
