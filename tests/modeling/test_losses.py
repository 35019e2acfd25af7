"""Losses against loops over anchors and regions."""

import numpy as np
import pytest
import tensorflow as tf
from official.vision.losses import maskrcnn_losses

from copypaste_tf.modeling import losses

RANDOM = np.random.default_rng(0)


def normal(*shape):
  return RANDOM.normal(size=shape).astype(np.float32)


def cross_entropy(target, logit):
  probability = 1 / (1 + np.exp(-np.float64(logit)))
  return -(
    target * np.log(probability) + (1 - target) * np.log(1 - probability)
  )


def huber(error, delta):
  error = abs(float(error))
  if error <= delta:
    return error**2 / 2
  return delta * (error - delta / 2)


def test_rpn_score_loss_equals_a_loop():
  scores = {'2': normal(2, 4, 4, 3), '3': normal(2, 2, 2, 3)}
  targets = {k: RANDOM.integers(-1, 2, x.shape) for k, x in scores.items()}
  total = sum(
    cross_entropy(t, x)
    for k in scores
    for t, x in zip(targets[k].ravel(), scores[k].ravel(), strict=True)
    if t >= 0
  )
  actual = losses.rpn_score_loss(
    {k: tf.constant(x) for k, x in scores.items()},
    {k: tf.constant(x) for k, x in targets.items()},
    samples_per_image=256,
  )
  assert float(actual) == pytest.approx(total / 512, rel=1e-5)


def test_rpn_box_loss_sums_the_means_of_the_levels():
  codes = {'2': normal(2, 4, 4, 12), '3': normal(2, 2, 2, 12)}
  targets = {
    k: x * RANDOM.integers(0, 2, x.shape).astype(np.float32)
    for k, x in codes.items()
  }
  targets['3'] *= 2.0
  expected = 0.0
  for k in codes:
    terms = [
      huber(c - t, 0.1)
      for c, t in zip(codes[k].ravel(), targets[k].ravel(), strict=True)
      if t != 0
    ]
    expected += np.mean(terms)
  actual = losses.rpn_box_loss(
    {k: tf.constant(x) for k, x in codes.items()},
    {k: tf.constant(x) for k, x in targets.items()},
    delta=0.1,
  )
  assert float(actual) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize('num_classes', [1, 5])
def test_box_loss_is_the_mean_over_foreground_boxes_of_their_class(num_classes):
  codes, targets = normal(2, 6, 4 * num_classes), normal(2, 6, 4)
  classes = RANDOM.integers(0, 5, [2, 6])
  terms = []
  for b in range(2):
    for i in range(6):
      k = classes[b, i]
      if k:
        first = 4 * k if num_classes > 1 else 0
        terms += [
          huber(codes[b, i, first + c] - targets[b, i, c], 1.0)
          for c in range(4)
        ]
  actual = losses.box_loss(
    *(tf.constant(x) for x in (codes, targets, classes)), delta=1.0
  )
  assert float(actual) == pytest.approx(np.mean(terms), rel=1e-5)


def test_mask_loss_is_the_mean_over_foreground_masks():
  logits, targets = normal(2, 3, 4, 4), RANDOM.uniform(size=[2, 3, 4, 4])
  classes = np.array([[0, 3, 1], [2, 0, 0]])
  terms = cross_entropy(targets, logits)[classes > 0]
  actual = losses.mask_loss(
    tf.constant(logits),
    tf.constant(targets, tf.float32),
    tf.constant(classes),
  )
  assert float(actual) == pytest.approx(np.mean(terms), rel=1e-5)


def test_losses_without_foreground_are_zero():
  zero = tf.zeros([1, 2], tf.int32)
  codes = tf.constant(normal(1, 2, 4))
  assert float(losses.box_loss(codes, codes + 1.0, zero, delta=1.0)) == 0
  masks = tf.constant(normal(1, 2, 3, 3))
  assert float(losses.mask_loss(masks, tf.ones_like(masks), zero)) == 0


@pytest.mark.parametrize('binary', [False, True])
@pytest.mark.parametrize('hardest', [1.0, 0.5])
@pytest.mark.parametrize('class_weights', [None, [0.5, 1.0, 3.0, 0.0, 2.0]])
def test_the_class_loss_equals_model_garden_bit_for_bit(
  binary, hardest, class_weights
):
  logits = tf.constant(normal(2, 6, 5))
  classes = tf.constant(RANDOM.integers(0, 5, [2, 6]), tf.int32)
  published = maskrcnn_losses.FastrcnnClassLoss(binary, hardest)
  expected = published(logits, classes, class_weights)
  found = losses.class_loss(
    logits,
    classes,
    class_weights=class_weights,
    binary=binary,
    hardest=hardest,
  )
  assert found == expected
  ones = losses.class_loss(
    logits,
    classes,
    class_weights=class_weights,
    binary=binary,
    hardest=hardest,
    weights=tf.ones([2, 6]),
  )
  assert ones == expected


def test_weights_multiply_terms_and_not_the_divisors():
  shapes = {'2': (2, 4, 4, 3), '3': (2, 2, 2, 3)}
  weights = {k: tf.constant(abs(normal(*x))) for k, x in shapes.items()}
  scores = {k: tf.constant(normal(*x)) for k, x in shapes.items()}
  targets = {
    k: tf.constant(RANDOM.integers(-1, 2, x)) for k, x in shapes.items()
  }
  by_hand = sum(
    w * cross_entropy(t, x)
    for k in shapes
    for t, x, w in zip(
      *(np.ravel(one[k]) for one in (targets, scores, weights)), strict=True
    )
    if t >= 0
  )
  found = losses.rpn_score_loss(
    scores, targets, samples_per_image=256, weights=weights
  )
  assert float(found) == pytest.approx(by_hand / 512, rel=1e-5)
  codes = {k: tf.constant(normal(*x[:3], 12)) for k, x in shapes.items()}
  of_boxes = {k: tf.zeros_like(x).numpy() for k, x in codes.items()}
  for x in of_boxes.values():
    x[:, 1, 0, 4:8] = 1.0  # The second anchor of a place.
  found = losses.rpn_box_loss(codes, of_boxes, delta=0.1, weights=weights)
  by_hand = sum(
    np.mean(
      [
        weights[k][i, 1, 0, 1] * huber(codes[k][i, 1, 0, c] - 1.0, 0.1)
        for i in range(2)
        for c in range(4, 8)
      ]
    )
    for k in shapes
  )
  assert float(found) == pytest.approx(by_hand, rel=1e-5)


def test_weights_of_regions_multiply_boxes_and_masks():
  classes = tf.constant([[1, 0, 2]])
  weights = tf.constant([[2.0, 5.0, 0.5]])
  codes, zeros = tf.ones([1, 3, 4]), tf.zeros([1, 3, 4])
  found = losses.box_loss(codes, zeros, classes, delta=9.0, weights=weights)
  assert float(found) == pytest.approx(0.5 * (2.0 + 0.5) / 2)
  logits = tf.zeros([1, 3, 2, 2])
  found = losses.mask_loss(logits, logits, classes, weights=weights)
  assert float(found) == pytest.approx(np.log(2) * (2.0 + 0.5) / 2, rel=1e-5)
