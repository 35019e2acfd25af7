"""Detections against NMS by hand."""

import numpy as np
import pytest
import tensorflow as tf
from nms_by_hand import suppress_by_hand

from copypaste_tf.modeling.regions import detections

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
