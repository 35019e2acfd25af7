"""Detections against NMS by hand."""

import numpy as np
import pytest
import tensorflow as tf
from nms_by_hand import suppress_by_hand

from copypaste_tf.modeling.regions import detections
from copypaste_tf.modeling.rpn import suppression

KNOBS = {
  'pre_nms_top_k': 20,
  'nms_iou_threshold': 0.5,
  'score_threshold': 0.05,
  'limit': 10,
}


@pytest.mark.parametrize('boxes_per_roi', [1, 5])
@pytest.mark.parametrize('compiled', [False, True])
def test_detections_equal_a_loop(boxes_per_roi, compiled):
  random = np.random.default_rng(0)
  logits = 2 * random.normal(size=[2, 30, 5]).astype(np.float32)
  low = random.uniform(0, 60, [2, 30, boxes_per_roi, 2])
  boxes = np.concatenate([low, low + random.uniform(20, 60, low.shape)], -1)
  boxes = boxes.astype(np.float32)
  run = tf.function(
    lambda *x: detections.detect(*x, **KNOBS), jit_compile=compiled
  )
  actual = run(tf.constant(logits), tf.constant(boxes))
  for image in range(2):
    scores = np.exp(logits[image])
    scores /= scores.sum(-1, keepdims=True)
    expected = []
    for k in range(1, 5):
      best = np.argsort(-scores[:, k], kind='stable')[:20]
      candidates = boxes[image][best, min(k, boxes_per_roi - 1)]
      kept = suppress_by_hand(candidates, scores[best, k], 0.5, 0.05)[:10]
      expected += [(scores[best[i], k], k, candidates[i]) for i in kept]
    expected = sorted(expected, key=lambda x: -x[0])[:10]
    assert actual.counts[image] == len(expected)
    n = len(expected)
    np.testing.assert_allclose(
      actual.scores[image, :n], [x[0] for x in expected], rtol=1e-4
    )
    assert actual.classes[image, :n].numpy().tolist() == [
      x[1] for x in expected
    ]
    np.testing.assert_allclose(
      actual.boxes[image, :n], [x[2] for x in expected]
    )


def test_padding_is_all_zero():
  logits = tf.constant([[[9.0, 0.0, 0.0]] * 4])
  boxes = tf.ones([1, 4, 1, 4])
  actual = detections.detect(logits, boxes, **KNOBS)
  for field in actual:
    assert not np.any(field)


@pytest.mark.parametrize('boxes_per_roi', [1, 6])
@pytest.mark.parametrize('pre_nms_top_k', [40, 100])
def test_the_best_of_all_classes_equal_nms_of_each_class(
  boxes_per_roi, pre_nms_top_k
):
  # Few values, so that many scores and boxes are equal.
  random = np.random.default_rng(boxes_per_roi)
  logits = tf.constant(random.integers(-2, 3, [60, 6]), tf.float32)
  low = 20 * random.integers(0, 6, [60, boxes_per_roi, 2])
  high = low + 20 * random.integers(0, 4, low.shape)
  boxes = tf.constant(np.concatenate([low, high], -1), tf.float32)
  actual = detections.detect(
    logits[tf.newaxis],
    boxes[tf.newaxis],
    pre_nms_top_k=pre_nms_top_k,
    nms_iou_threshold=0.5,
    score_threshold=0.01,
    limit=30,
  )
  candidates = []
  scores = tf.nn.softmax(logits)
  for k in range(1, 6):
    best = tf.argsort(scores[:, k], direction='DESCENDING', stable=True)
    best = best[:pre_nms_top_k]
    of_class = tf.gather(boxes[:, min(k, boxes_per_roi - 1)], best)
    of_class, class_scores = of_class.numpy(), scores.numpy()[best, k]
    kept = suppression.suppress(
      of_class[np.newaxis], class_scores[np.newaxis] > 0.01, iou_threshold=0.5
    )
    rows = np.flatnonzero(kept[0])[:30]
    candidates += [(class_scores[i], k, of_class[i]) for i in rows]
  expected = sorted(candidates, key=lambda row: -row[0])[:30]
  assert actual.counts.numpy() == [len(expected)]
  rows = slice(len(expected))
  np.testing.assert_array_equal(
    actual.scores[0, rows], [x[0] for x in expected]
  )
  np.testing.assert_array_equal(
    actual.classes[0, rows], [x[1] for x in expected]
  )
  np.testing.assert_array_equal(actual.boxes[0, rows], [x[2] for x in expected])


def test_rounds_do_not_depend_on_the_number_of_classes_or_boxes():
  def operations(classes, regions):
    detect = tf.function(lambda *x: detections.detect(*x, **KNOBS))
    graph = detect.get_concrete_function(
      tf.TensorSpec([2, regions, classes]), tf.TensorSpec([2, regions, 1, 4])
    ).graph
    return len(graph.get_operations())

  assert operations(5, 20) == operations(500, 15)
