"""Mask targets from id planes against those from crops, as published."""

import numpy as np
import pytest
import reference
import tensorflow as tf
from official.vision.modeling.layers import mask_sampler

from copypaste_tf import augment
from copypaste_tf.modeling.regions import mask_targets
from copypaste_tf.modeling.regions.mask_targets import CroppedMasks, PlaneMasks
from copypaste_tf.modeling.regions.roi_sampling import Targets


def _examples(seed, output_size=(40, 56)):
  scenes = reference.make_scenes(np.random.default_rng(seed), count=6)
  return augment.augment(
    tf.nest.map_structure(tf.constant, scenes),
    tf.constant([seed, 0]),
    output_size=output_size,
    max_instances=16,
    copy_paste=augment.CopyPaste(min_visible_area=4, subset='all'),
  )


def _targets(examples, seed, count=12):
  """Returns regions near objects, far from objects and of the background."""
  rng = np.random.default_rng(seed)
  boxes, classes = examples.boxes.numpy(), examples.classes.numpy()
  rows = np.stack([rng.choice(np.flatnonzero(c), count) for c in classes])
  matched = np.take_along_axis(boxes, rows[..., None], axis=1)
  sides = np.tile(matched[..., 2:] - matched[..., :2], 2)
  rois = matched + sides * rng.uniform(-0.5, 0.5, matched.shape)
  rois[:, :2] += 30.0
  present = rng.random(rows.shape) < 0.7
  matched_classes = np.take_along_axis(classes, rows, axis=1)
  return Targets(
    tf.constant(rois, tf.float32),
    tf.constant(np.where(present, matched_classes, 0), tf.int32),
    tf.constant(matched),
    tf.constant(np.where(present, rows, 0), tf.int32),
  )


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('crop_size', [112, 20])
def test_targets_from_planes_equal_targets_from_crops(seed, crop_size):
  examples = _examples(seed)
  targets = _targets(examples, seed)
  crops = augment.crop_masks(examples, crop_size)
  sampler = mask_sampler.MaskSampler(28, 9)
  rois, classes, expected = sampler(
    targets.rois, targets.boxes, targets.classes, targets.indices, crops
  )
  chosen = mask_targets.sample(targets, 9)
  np.testing.assert_array_equal(chosen.rois, rois)
  np.testing.assert_array_equal(chosen.classes, classes)
  expected = np.where(classes[..., None, None] > 0, expected, 0)
  assert 0.1 < expected.mean() < 0.9
  for masks in (PlaneMasks(examples, crop_size), CroppedMasks(crops)):
    actual = mask_targets.mask_targets(chosen, masks, size=28)
    # Positions are rounded by the way they are computed.
    np.testing.assert_allclose(actual, expected, atol=2e-4)


def test_a_region_far_from_its_object_is_empty():
  examples = _examples(0)
  targets = _targets(examples, 0)
  actual = mask_targets.mask_targets(
    targets._replace(rois=targets.boxes + 1000.0),
    PlaneMasks(examples),
    size=14,
  )
  assert not np.any(actual)


def test_the_background_has_an_empty_mask():
  examples = _examples(1)
  targets = _targets(examples, 1)
  background = targets._replace(
    classes=tf.zeros_like(targets.classes), boxes=tf.zeros_like(targets.boxes)
  )
  actual = mask_targets.mask_targets(background, PlaneMasks(examples), size=14)
  assert not np.any(actual)


def test_regions_with_an_object_come_first():
  classes = tf.constant([[0, 3, 0, 2], [0, 0, 0, 1]])
  rois = tf.tile(tf.range(4.0)[tf.newaxis, :, tf.newaxis], [2, 1, 4])
  targets = Targets(rois, classes, rois, tf.zeros_like(classes))
  actual = mask_targets.sample(targets, 3)
  np.testing.assert_array_equal(actual.rois[..., 0], [[1, 3, 0], [3, 0, 1]])
  np.testing.assert_array_equal(actual.classes, [[3, 2, 0], [1, 0, 0]])


def test_eager_dataset_and_xla_agree():
  examples = _examples(2)
  targets = _targets(examples, 2)
  results = reference.each_way(
    lambda *x: mask_targets.mask_targets(x[0], PlaneMasks(x[1]), size=28),
    targets,
    examples,
  )
  (_, first), *others = results
  for way, other in others:
    np.testing.assert_allclose(other, first, atol=2e-4, err_msg=way)
