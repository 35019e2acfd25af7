import numpy as np
import pytest

from copypaste_tf.evaluation import federated

TRUTH = {
  'images': [
    {
      'id': 70,
      'neg_category_ids': [2, 999],
      'not_exhaustive_category_ids': [5],
    },
    {'id': 3},
  ],
  'categories': [{'id': i} for i in (5, 2, 9)],
  'annotations': [
    {'image_id': 70, 'category_id': 5},
    {'image_id': 3, 'category_id': 9},
  ],
}


def pairs(*entries):
  return np.array(entries, np.int64).T


def test_present_and_absent_categories_are_verified_and_no_others():
  known = federated.Federation(TRUTH)
  asked = pairs((70, 5), (70, 2), (3, 9), (70, 9), (3, 5), (3, 2))
  assert known.verified(*asked).tolist() == [True] * 3 + [False] * 3


def test_incomplete_categories_are_those_of_the_list_of_the_image():
  known = federated.Federation(TRUTH)
  asked = pairs((70, 5), (3, 5), (70, 2))
  assert known.incomplete(*asked).tolist() == [True, False, False]


def test_unknown_ids_are_neither():
  known = federated.Federation(TRUTH)
  asked = pairs((70, 999), (999, 5), (-1, -1), (999, 999))
  assert not known.verified(*asked).any()
  assert not known.incomplete(*asked).any()


def test_arrays_of_any_shape_are_answered():
  known = federated.Federation(TRUTH)
  images, classes = np.full([2, 3], 70), np.array([[5, 2, 0], [0, 5, 9]])
  expected = [[True, True, False], [False, True, False]]
  assert known.verified(images, classes).tolist() == expected


def test_nothing_is_verified_without_images():
  empty = {'images': [], 'categories': [], 'annotations': []}
  assert not federated.Federation(empty).verified(*pairs((1, 1))).any()


@pytest.mark.parametrize(
  ('image', 'expected'),
  [
    ({}, False),
    ({'neg_category_ids': []}, True),
    ({'not_exhaustive_category_ids': [1]}, True),
  ],
)
def test_a_ground_truth_is_federated_if_an_image_has_a_list(image, expected):
  assert federated.is_federated({'images': [{'id': 1}, image]}) == expected
