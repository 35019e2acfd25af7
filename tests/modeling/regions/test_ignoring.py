"""Regions near what is ignored, by a loop, and their losses."""

import numpy as np
import pytest
import tensorflow as tf
from official.vision.losses import maskrcnn_losses

from copypaste_tf.examples import ABSENT, Regions
from copypaste_tf.modeling.regions import ignoring


def random_boxes(rng, *shape):
  low = rng.uniform(0, 60, [*shape, 2])
  return np.concatenate([low, low + rng.uniform(5, 40, [*shape, 2])], -1)


def overlap(roi, box, crowd):
  """Returns the IoU; with a crowd, the part of the region within it."""
  sides = np.minimum(roi[2:], box[2:]) - np.maximum(roi[:2], box[:2])
  common = np.prod(np.maximum(sides, 0))
  area, other = np.prod(roi[2:] - roi[:2]), np.prod(box[2:] - box[:2])
  return common / (area if crowd else area + other - common)


def random_regions(rng, batch=2, count=5):
  boxes = random_boxes(rng, batch, count)
  boxes[:, -1] = 0
  crowd = rng.random([batch, count]) < 0.5
  return Regions(
    tf.constant(boxes, tf.float32), tf.constant(crowd & boxes.any(-1))
  )


@pytest.mark.parametrize('seed', range(3))
def test_near_regions_are_those_of_a_loop(seed):
  rng = np.random.default_rng(seed)
  rois, ignored = random_boxes(rng, 2, 40), random_regions(rng)
  found = ignoring.near(tf.constant(rois, tf.float32), ignored, 0.4).numpy()
  expected = [
    [
      any(
        overlap(roi, box, crowd) >= 0.4
        for box, crowd in zip(boxes, crowds, strict=True)
      )
      for roi in of_image
    ]
    for of_image, boxes, crowds in zip(
      rois, ignored.boxes.numpy(), ignored.crowd.numpy(), strict=True
    )
  ]
  np.testing.assert_array_equal(found, expected)
  assert 0 < found.mean() < 1


def test_a_region_of_a_point_or_at_threshold_0_is_not_near_padding():
  rois = tf.constant([[[0.0, 0, 0, 0], [0, 0, 9, 9]]])
  padding = Regions(tf.zeros([1, 2, 4]), tf.zeros([1, 2], tf.bool))
  assert not ignoring.near(rois, padding, 0.0).numpy().any()


@pytest.mark.parametrize('sigmoid', [False, True])
def test_ignored_regions_have_no_loss_and_no_gradient(sigmoid):
  logits = tf.random.stateless_normal([2, 6, 4], [1, 2]) * 30
  classes = tf.constant([[1, -1, 0, 3, -1, 2], [0, 0, -1, -1, -1, -1]])
  loss = maskrcnn_losses.FastrcnnClassLoss(sigmoid)
  ignored = Regions(tf.zeros([2, 1, 4]), tf.zeros([2, 1], tf.bool))
  with tf.GradientTape() as tape:
    tape.watch(logits)
    settled, targets = ignoring.settle(logits, classes, ignored)
    value = loss(settled, targets)
  trained = classes.numpy() >= 0
  gradient = tape.gradient(value, logits).numpy()
  assert gradient[trained].any(axis=-1).all()
  assert not gradient[~trained].any()
  rows = logits[trained][tf.newaxis], classes[trained][tf.newaxis]
  np.testing.assert_allclose(value, loss(*rows) * trained.mean(), rtol=1e-6)
  np.testing.assert_array_equal(settled[trained], logits[trained])


def test_without_ignored_regions_nothing_is_computed():
  logits, classes = object(), object()
  assert ignoring.settle(logits, classes, ABSENT) == (logits, classes)
  assert ignoring.near(logits, ABSENT, 0.5) is None
  assert ignoring.mark(classes, None) is classes
