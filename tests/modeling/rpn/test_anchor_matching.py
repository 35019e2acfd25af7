"""Labels of anchors against a loop over pairs; ties."""

import numpy as np
import tensorflow as tf
from random_anchors import pyramid, random_objects

from copypaste_tf.examples import Regions
from copypaste_tf.modeling.rpn import anchor_matching
from copypaste_tf.modeling.rpn.anchors import boxes_of


def anchors():
  return boxes_of(pyramid(), tf.zeros([1], tf.int32)).numpy()


def match(boxes, classes, match_threshold=0.7):
  return anchor_matching.match_anchors(
    anchors(),
    tf.constant(boxes),
    tf.constant(classes),
    match_threshold=match_threshold,
    unmatched_threshold=0.3,
  )


def labels_by_hand(anchors, boxes, crowd=()):
  """Applies the same rules in a loop over pairs."""

  def overlap(a, b, of_many):
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = np.prod(np.maximum(sides, 0))
    area, other = np.prod(a[2:] - a[:2]), np.prod(b[2:] - b[:2])
    return common / (area if of_many else area + other - common)

  flags = [*crowd] or [False] * len(boxes)
  pairs = [*zip(boxes, flags, strict=True)]
  table = np.array([[overlap(a, *pair) for pair in pairs] for a in anchors])
  best = table.max(axis=1)
  labels = np.where(best >= 0.7, 1, np.where(best < 0.3, 0, -1))
  labels[table.argmax(axis=0)] = 1
  return labels


def test_labels_equal_a_loop_over_pairs():
  boxes, classes = random_objects(7, counts=(5,), n=5)
  expected = labels_by_hand(anchors().astype(np.float64), boxes[0])
  labels = match(boxes, classes).labels[0]
  np.testing.assert_array_equal(labels, expected)


def test_ties_go_to_the_first_object():
  box = [10.0, 12.0, 42.0, 44.0]
  matches = match([[box, box]], [[1, 2]], match_threshold=0.5)
  positive = matches.labels[0].numpy() == 1
  assert positive.sum() > 1
  assert np.all(matches.indices[0].numpy()[positive] == 0)


def test_regions_take_the_negatives_that_objects_would_take():
  boxes, classes = random_objects(3, counts=(4, 0, 4), n=4)
  objects, regions = boxes[:1], boxes[2:]
  crowd = np.array([[True, False, False, True]])
  labels = match(objects, classes[:1]).labels
  found = anchor_matching.ignore_anchors(
    labels,
    tf.constant(anchors()),
    Regions(tf.constant(regions), tf.constant(crowd)),
    match_threshold=0.7,
    unmatched_threshold=0.3,
  )[0].numpy()
  exact = anchors().astype(np.float64)
  taken = labels_by_hand(exact, regions[0], crowd[0]) != 0
  before = labels[0].numpy()
  expected = np.where((before == 0) & taken, -1, before)
  np.testing.assert_array_equal(found, expected)
  assert np.sum(found != before) > 20 and np.sum(found == 0) > 20


def test_a_region_too_small_for_any_anchor_takes_the_best_one():
  box = [[[40.0, 40.0, 43.0, 43.0]]]
  found = anchor_matching.ignore_anchors(
    tf.zeros([1, len(anchors())], tf.int32),
    tf.constant(anchors()),
    Regions(tf.constant(box), tf.constant([[False]])),
    match_threshold=0.7,
    unmatched_threshold=0.3,
  )
  assert np.sum(found == -1) == 1
