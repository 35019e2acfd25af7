"""Proposals against NMS by hand."""

import numpy as np
import pytest
import tensorflow as tf
from nms_by_hand import suppress_by_hand

from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.rpn import anchor_targets, proposals

ANCHORS = anchor_targets.pyramid_anchors(
  (64, 64),
  min_level=3,
  max_level=4,
  num_scales=1,
  aspect_ratios=[1.0, 2.0],
  anchor_size=2.0,
)


@pytest.mark.parametrize('compiled', [False, True])
@pytest.mark.parametrize('seed', range(3))
def test_proposals_equal_a_loop(seed, compiled):
  random = np.random.default_rng(seed)
  scores = {
    k: random.normal(size=[2, *a.shape[:2], 2]).astype(np.float32)
    for k, a in ANCHORS.items()
  }
  codes = {
    k: 0.5 * random.normal(size=[2, *a.shape[:2], 8]).astype(np.float32)
    for k, a in ANCHORS.items()
  }
  sizes = np.array([[64, 64], [40, 64]], np.float32)
  anchors = {k: np.stack([a, a]) for k, a in ANCHORS.items()}
  knobs = {'pre_nms_top_k': 40, 'num_proposals': 25}
  knobs['nms_iou_threshold'] = 0.5
  propose = tf.function(
    lambda *x: proposals.propose(*x, **knobs), jit_compile=compiled
  )
  boxes, chosen_scores = propose(scores, codes, anchors, sizes)
  for image in range(2):
    expected = []
    for level in ANCHORS:
      logits = scores[level][image].ravel()
      best = np.argsort(-logits, kind='stable')[:40]
      decoded = box_coding.decode(
        tf.constant(codes[level][image].reshape(-1, 4)),
        tf.constant(ANCHORS[level].reshape(-1, 4)),
        box_coding.UNWEIGHTED,
      )
      decoded = box_coding.clip(decoded[tf.newaxis], sizes[image : image + 1])
      decoded = decoded[0].numpy()[best]
      probability = 1 / (1 + np.exp(-logits[best]))
      kept = suppress_by_hand(decoded, probability, 0.5)[:25]
      expected += [(probability[i], decoded[i]) for i in kept]
    expected = sorted(expected, key=lambda x: -x[0])[:25]
    np.testing.assert_allclose(
      chosen_scores[image], [score for score, _ in expected], rtol=1e-5
    )
    np.testing.assert_allclose(
      boxes[image], [box for _, box in expected], atol=1e-3
    )


def test_padding_rows_follow_the_last_box():
  box = tf.constant([[[0.0, 0, 9, 9], [0.0, 0, 9, 9], [20.0, 20, 29, 29]]])
  scores = tf.constant([[0.9, 0.8, 0.1]])
  boxes, chosen_scores = proposals.suppress(
    box, scores, limit=3, iou_threshold=0.5, score_threshold=0.2
  )
  np.testing.assert_allclose(chosen_scores, [[0.9, -1, -1]])
  np.testing.assert_array_equal(boxes[0, 1:], np.zeros([2, 4]))
