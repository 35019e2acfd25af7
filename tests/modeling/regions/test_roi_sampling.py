"""Matching and sampling of regions against loops."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.examples import ABSENT, Regions
from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.regions import roi_sampling

KNOBS = {
  'num_samples': 8,
  'foreground_fraction': 0.25,
  'foreground_iou': 0.5,
  'background_iou': 0.5,
  'sample_padding': True,
}


def scene(seed=0, n=30, objects=3, m=5):
  random = np.random.default_rng(seed)
  boxes = np.full([1, m, 4], -1.0, np.float32)
  low = random.uniform(0, 60, [objects, 2])
  boxes[0, :objects] = np.concatenate(
    [low, low + random.uniform(20, 40, [objects, 2])], -1
  )
  classes = np.full([1, m], -1)
  classes[0, :objects] = random.integers(1, 91, objects)
  low = random.uniform(0, 60, [n, 2])
  rois = np.concatenate([low, low + random.uniform(20, 40, [n, 2])], -1)
  rois[: n // 3] = boxes[0, random.integers(0, objects, n // 3)]
  rois[: n // 3] += random.normal(size=[n // 3, 4])
  keys = random.uniform(size=[1, n + m]).astype(np.float32)
  return rois[np.newaxis].astype(np.float32), boxes, classes, keys


def sample(rois, boxes, classes, keys, ignored=ABSENT, **knobs):
  truth = roi_sampling.GroundTruth(boxes, classes, ignored=ignored)
  return roi_sampling.sample(rois, truth, keys, **(KNOBS | knobs))


def iou(a, b):
  size = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
  common = np.prod(np.maximum(size, 0))
  areas = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])
  return common / (areas - common)


def match_by_hand(roi, boxes):
  overlaps = [iou(roi, box) if box.max() >= 0 else -1.0 for box in boxes]
  best = int(np.argmax(overlaps))
  return overlaps[best], best


@pytest.mark.parametrize('seed', range(5))
def test_matching_equals_a_loop(seed):
  rois, boxes, classes, _ = scene(seed)
  truth = roi_sampling.GroundTruth(tf.constant(boxes), tf.constant(classes))
  actual = roi_sampling.match(tf.constant(rois), truth, foreground_iou=0.6)
  for i, roi in enumerate(rois[0]):
    overlap, best = match_by_hand(roi, boxes[0])
    expected = classes[0, best] if overlap >= 0.6 else 0
    assert actual.classes[0, i] == expected
    if expected:
      assert actual.indices[0, i] == best
      np.testing.assert_array_equal(actual.boxes[0, i], boxes[0, best])


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('compiled', [False, True])
@pytest.mark.parametrize('padding', [False, True])
def test_sampling_takes_the_largest_keys_of_each_kind(seed, compiled, padding):
  rois, boxes, classes, keys = scene(seed, n=12, m=25)
  draw = tf.function(
    lambda *x: sample(*x, sample_padding=padding), jit_compile=compiled
  )
  actual = draw(*map(tf.constant, (rois, boxes, classes, keys)))
  pool = np.concatenate([rois[0], boxes[0]])
  # As published, padding rows are candidates with an IoU of 0.
  overlaps = [match_by_hand(roi, boxes[0])[0] for roi in pool]
  order = np.argsort(-keys[0])
  positive = [i for i in order if overlaps[i] > 0.5][:2]
  negative = [i for i in order if 0 <= overlaps[i] < 0.5]
  if not padding:
    negative = [i for i in negative if pool[i].max() >= 0]
  expected = sorted(positive + negative[: 8 - len(positive)])
  np.testing.assert_array_equal(actual.rois[0], pool[expected])
  assert np.sum(actual.classes[0] > 0) == len(positive)


def test_an_image_without_objects_is_background():
  rois, boxes, classes, keys = scene()
  boxes[:], classes[:] = -1, -1
  actual = sample(*map(tf.constant, (rois, boxes, classes, keys)))
  np.testing.assert_array_equal(actual.classes, np.zeros([1, 8]))
  np.testing.assert_array_equal(actual.rois[0], rois[0, :8])
  targets = roi_sampling.box_targets(actual, 0)
  np.testing.assert_array_equal(targets, np.zeros([1, 8, 4]))


def test_targets_decode_to_the_objects():
  rois, boxes, classes, keys = scene()
  actual = sample(*map(tf.constant, (rois, boxes, classes, keys)))
  codes = roi_sampling.box_targets(actual, 1)
  weights = box_coding.STAGE_WEIGHTS[1]
  decoded = box_coding.decode(codes, actual.rois, weights).numpy()
  present = actual.classes.numpy() > 0
  assert present.any()
  np.testing.assert_allclose(
    decoded[present], actual.boxes.numpy()[present], atol=1e-3
  )
  assert not np.any(codes.numpy()[~present])


def test_keys_depend_on_the_proposals():
  rois = tf.constant(scene(0)[0])
  first = roi_sampling.content_keys(rois, 50)
  np.testing.assert_array_equal(first, roi_sampling.content_keys(rois, 50))
  other = roi_sampling.content_keys(rois + 1e-3, 50)
  assert np.abs(first - other).max() > 0.1
  assert np.min(first) >= 0 and np.max(first) < 1


def ignored_scene(seed):
  """Returns a scene, with three of its proposals as ignored regions."""
  rois, *others = scene(seed)
  regions = Regions(
    tf.constant(rois[:, [14, 21, 28]]), tf.constant([[False, True, False]])
  )
  return [tf.constant(x) for x in (rois, *others)], regions


def is_near(roi, regions, threshold):
  for box, crowd in zip(
    regions.boxes[0].numpy(), regions.crowd[0], strict=True
  ):
    sides = np.minimum(roi[2:], box[2:]) - np.maximum(roi[:2], box[:2])
    part = np.prod(np.maximum(sides, 0)) / np.prod(roi[2:] - roi[:2])
    if (part if crowd else iou(roi, box)) >= threshold:
      return True
  return False


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('compiled', [False, True])
def test_negatives_near_ignored_regions_are_not_sampled(seed, compiled):
  inputs, regions = ignored_scene(seed)
  draw = tf.function(lambda *x: sample(*x), jit_compile=compiled)
  actual = draw(*inputs, regions)
  rois, boxes, _, keys = (x.numpy() for x in inputs)
  pool = np.concatenate([rois[0], boxes[0]])
  overlaps = [match_by_hand(roi, boxes[0])[0] for roi in pool]
  order = np.argsort(-keys[0])
  positive = [i for i in order if overlaps[i] > 0.5][:2]
  negative = [i for i in order if 0 <= overlaps[i] < 0.5]
  padding = [i for i in negative if pool[i].max() < 0]
  kept = [
    i for i in negative if i in padding or not is_near(pool[i], regions, 0.5)
  ]
  assert len(kept) < len(negative)
  expected = sorted(positive + kept[: 8 - len(positive)])
  np.testing.assert_array_equal(actual.rois[0], pool[expected])
  assert np.min(actual.classes) == 0


def test_ignored_regions_that_fill_a_minibatch_are_not_trained():
  inputs, _ = ignored_scene(0)
  everywhere = Regions(
    tf.constant([[[0.0, 0, 200, 200]]]), tf.constant([[True]])
  )
  actual = sample(*inputs, everywhere, sample_padding=False, num_samples=33)
  classes = actual.classes.numpy()[0]
  overlaps = [match_by_hand(x, inputs[1].numpy()[0])[0] for x in actual.rois[0]]
  np.testing.assert_array_equal(classes == -1, np.array(overlaps) < 0.5)
  assert np.sum(classes == -1) > 5 and np.sum(classes > 0) > 5
  codes = roi_sampling.box_targets(actual, 0).numpy()[0]
  assert not codes[classes < 0].any()


@pytest.mark.parametrize('seed', range(3))
def test_matching_ignores_what_would_be_background(seed):
  (rois, boxes, classes, _), regions = ignored_scene(seed)
  truth = roi_sampling.GroundTruth(boxes, classes)
  plain = roi_sampling.match(rois, truth, foreground_iou=0.6)
  found = roi_sampling.match(
    rois, truth._replace(ignored=regions), foreground_iou=0.6
  )
  near = [is_near(roi, regions, 0.6) for roi in rois[0].numpy()]
  expected = np.where(near & (plain.classes[0] == 0), -1, plain.classes[0])
  np.testing.assert_array_equal(found.classes[0], expected)
  assert np.any(expected == -1) and np.any(expected == 0)
  for name in ('rois', 'boxes', 'indices'):
    np.testing.assert_array_equal(getattr(plain, name), getattr(found, name))


def test_padding_rows_of_ignored_regions_have_no_effect():
  (rois, *others), _ = ignored_scene(4)
  padding = Regions(tf.zeros([1, 3, 4]), tf.zeros([1, 3], tf.bool))
  plain, padded = sample(rois, *others), sample(rois, *others, padding)
  tf.nest.map_structure(np.testing.assert_array_equal, plain, padded)
