"""Labels of anchors against a loop over pairs; ties."""

import numpy as np
import tensorflow as tf
from random_anchors import pyramid, random_objects

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


def labels_by_hand(anchors, boxes):
  """Applies the same rules in a loop over pairs."""

  def iou(a, b):
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = np.prod(np.maximum(sides, 0))
    area = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])
    return common / (area - common)

  table = np.array([[iou(a, b) for b in boxes] for a in anchors])
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
