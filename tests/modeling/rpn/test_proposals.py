"""Proposals against NMS by hand."""

import numpy as np
import pytest
import tensorflow as tf
from nms_by_hand import suppress_by_hand

from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.rpn import proposals
from copypaste_tf.modeling.rpn.anchors import LevelAnchors, pyramid_anchors

ANCHORS = pyramid_anchors(
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
    k: random.normal(size=[2, *a.grid]).astype(np.float32)
    for k, a in ANCHORS.items()
  }
  codes = {
    k: 0.5 * random.normal(size=[2, *a.grid[:2], 8]).astype(np.float32)
    for k, a in ANCHORS.items()
  }
  sizes = np.array([[64, 64], [40, 64]], np.float32)
  propose = tf.function(
    lambda *x: proposals.propose(
      x[0],
      x[1],
      ANCHORS,
      x[2],
      pre_nms_top_k=40,
      num_proposals=25,
      nms_iou_threshold=0.5,
      jit_compile=compiled,
    )
  )
  boxes, chosen_scores = propose(scores, codes, sizes)
  for image in range(2):
    expected = []
    for level in ANCHORS:
      logits = scores[level][image].ravel()
      best = np.argsort(-logits, kind='stable')[:40]
      decoded = box_coding.decode(
        tf.constant(codes[level][image].reshape(-1, 4)),
        ANCHORS[level].boxes(),
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


def test_rows_after_the_last_proposal_are_padding():
  anchors = LevelAnchors(
    np.array([[[0, 9]]], np.float32),
    np.array([[[0, 9]], [[2, 11]]], np.float32),
  )
  boxes, scores = proposals.propose(
    {'3': tf.constant([[[[2.0], [1.0]]]])},
    {'3': tf.zeros([1, 1, 2, 4])},
    {'3': anchors},
    tf.constant([[64, 64]]),
    pre_nms_top_k=2,
    num_proposals=2,
    nms_iou_threshold=0.5,
    jit_compile=False,
  )
  np.testing.assert_allclose(scores, [[1 / (1 + np.exp(-2)), -1]])
  np.testing.assert_array_equal(boxes, [[[0, 0, 9, 9], [0, 0, 0, 0]]])


def test_a_small_level_limits_the_number_of_proposals():
  levels = {k: tf.zeros([1, *a.grid]) for k, a in ANCHORS.items()}
  codes = {k: tf.zeros([1, *a.grid[:2], 8]) for k, a in ANCHORS.items()}
  boxes, scores = proposals.propose(
    levels,
    codes,
    ANCHORS,
    tf.constant([[64, 64]]),
    pre_nms_top_k=3,
    num_proposals=50,
    nms_iou_threshold=1.0,
    jit_compile=False,
  )
  assert boxes.shape == [1, 6, 4] and np.all(scores == 0.5)
