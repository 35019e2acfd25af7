import numpy as np
import pytest
import voc_by_hand

from copypaste_tf.evaluation import detections, voc_matching


def test_continuous_boxes_have_the_iou_of_inclusive_pixels():
  rng = np.random.default_rng(0)
  one, other = rng.integers([0, 0, 1, 1], 9, [2, 50, 4])
  expected = [
    voc_by_hand.overlap_of(
      *(voc_by_hand.corners({'bbox': box.tolist()}) for box in pair)
    )
    for pair in zip(one, other, strict=True)
  ]
  found = voc_matching.ious(one.astype(float), other.astype(float))
  assert found.tolist() == pytest.approx(expected)
  assert 0 < max(expected) <= 1


def test_boxes_without_an_area_have_an_iou_of_0():
  empty = np.array([[3.0, 3, 0, 0], [3, 3, 0, 5]])
  assert voc_matching.ious(empty, empty).tolist() == [0, 0]


def truth_of(*rows):
  """Returns objects of `(image, x, ignored)`, each 10 wide and high."""
  images, lefts, ignored = zip(*rows, strict=True)
  boxes = [[x, 0, 10, 10] for x in lefts]
  return voc_matching.Truth(
    np.array(images),
    np.ones(len(rows), int),
    np.array(boxes, float),
    np.array(ignored, bool),
  )


def found_of(*rows):
  """Returns detections of `(image, x, score)`."""
  return detections.from_results(
    [
      {
        'image_id': image,
        'category_id': 1,
        'bbox': [x, 0, 10, 10],
        'score': score,
      }
      for image, x, score in rows
    ]
  )


def test_objects_of_other_images_are_not_matched():
  truth = truth_of((7, 0, 0), (3, 0, 0), (7, 40, 0))
  found = found_of((5, 0, 0.9), (7, 40, 0.8), (3, 1, 0.7), (7, 1, 0.6))
  assert voc_matching.hits(truth, found).tolist() == [False, True, True, True]


def test_equal_scores_are_ordered_by_image_then_as_they_came():
  truth = truth_of((1, 0, 0), (2, 0, 0))
  found = found_of((2, 90, 0.5), (2, 0, 0.5), (1, 0, 0.5))
  assert voc_matching.hits(truth, found).tolist() == [True, False, True]


def test_matches_of_ignored_objects_are_left_out():
  truth = truth_of((1, 0, 1), (1, 40, 0))
  found = found_of((1, 0, 0.9), (1, 40, 0.8), (1, 1, 0.7))
  assert voc_matching.hits(truth, found).tolist() == [True]


def test_no_detections_and_no_objects_give_no_hits():
  truth = truth_of((1, 0, 0))
  assert not voc_matching.hits(truth, found_of()).size
  none = truth.of(2)
  assert voc_matching.hits(none, found_of((1, 0, 0.5))).tolist() == [False]
