"""RPN targets against the labeler of Model Garden."""

import numpy as np
import pytest
import tensorflow as tf
from official.vision.ops import anchor, box_matcher, iou_similarity
from random_anchors import PYRAMID, SIZE, pyramid, random_objects

from copypaste_tf.examples import Regions
from copypaste_tf.modeling.rpn import anchor_targets

KNOBS = {
  'match_threshold': 0.7,
  'unmatched_threshold': 0.3,
  'batch_size_per_image': 64,
  'foreground_fraction': 0.5,
}
SEED = (3, 5)


def targets(boxes, classes, seed=SEED, **knobs):
  """Returns score and box targets."""
  return anchor_targets.rpn_targets(
    pyramid(),
    boxes,
    classes,
    tf.convert_to_tensor(seed),
    **{**KNOBS, **knobs},
  )[:2]


def all_targets(boxes, classes):
  """Returns the targets of all anchors, without sampling."""
  return targets(
    boxes, classes, batch_size_per_image=10**6, foreground_fraction=1.0
  )


def model_garden(boxes, classes):
  """Returns Model Garden's labels and targets of an image without padding."""
  levels = anchor.Anchor(image_size=SIZE, **PYRAMID).multilevel_boxes
  flat = tf.concat([tf.reshape(a, [-1, 4]) for a in levels.values()], 0)
  matcher = box_matcher.BoxMatcher([0.3, 0.7], [-1, -2, 1], True)
  _, labels = matcher(iou_similarity.IouSimilarity()(flat, boxes))
  labels = {1: 1, -1: 0, -2: -1}, labels.numpy()
  labeler = anchor.RpnAnchorLabeler(0.7, 0.3, 64, 0.5)
  scores, codes = labeler.label_anchors(levels, boxes, classes[:, None])
  return np.vectorize(labels[0].get)(labels[1]), scores, codes


def flatten(levels, row, width=1):
  return np.concatenate(
    [np.reshape(t[row], [-1, width]) for t in levels.values()]
  )


@pytest.mark.parametrize('seed', range(3))
def test_labels_and_codes_equal_model_garden(seed):
  boxes, classes = random_objects(seed)
  scores, codes = all_targets(boxes, classes)
  for row, count in enumerate((classes > 0).sum(1)):
    labels, _, expected = model_garden(boxes[row, :count], classes[row, :count])
    np.testing.assert_array_equal(flatten(scores, row)[:, 0], labels)
    np.testing.assert_allclose(
      flatten(codes, row, 4),
      np.concatenate([np.reshape(t, [-1, 4]) for t in expected.values()]),
      atol=2e-5,
    )


def test_the_layout_of_anchors_equals_model_garden():
  boxes, classes = random_objects(1)
  _, scores, codes = model_garden(boxes[3], classes[3])
  ours = targets(boxes, classes)
  for level in scores:
    assert ours[0][level].shape[1:] == scores[level].shape
    assert ours[1][level].shape[1:] == codes[level].shape


def test_each_object_has_an_anchor_even_if_none_reaches_the_threshold():
  boxes = np.array([[[10, 10, 11, 11], [20, 5, 22, 90]]], np.float32)
  scores, codes = all_targets(boxes, np.array([[1, 1]]))
  positive = flatten(scores, 0)[:, 0] == 1
  assert 1 <= positive.sum() <= 2
  assert np.all(np.any(flatten(codes, 0, 4)[positive] != 0, axis=1))


def test_order_and_boxes_of_padding_rows_have_no_effect():
  boxes, classes = random_objects(2, counts=(4,), n=6)
  moved = np.roll(boxes, 2, axis=1)
  moved[0, :2] = [0, 0, 30, 30]
  first = all_targets(boxes, classes)
  second = all_targets(moved, np.roll(classes, 2, axis=1))
  tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def test_an_image_without_objects_is_all_negative_and_finite():
  scores, codes = targets(
    np.zeros([1, 3, 4], np.float32), np.zeros([1, 3], int)
  )
  flat = flatten(scores, 0)[:, 0]
  assert (flat == 0).sum() == 64 and (flat == 1).sum() == 0
  assert np.all(flatten(codes, 0, 4) == 0)


def test_an_empty_box_matches_no_anchor():
  boxes = np.array([[[5, 5, 5, 5]]], np.float32)
  scores, _ = all_targets(boxes, np.array([[1]]))
  assert flatten(scores, 0).max() == 0


def test_sampling_keeps_the_right_number_of_each_label():
  labels = np.array([[1] * 50 + [0] * 100 + [-1] * 50, [1] * 3 + [0] * 197])
  kept = anchor_targets.sample_anchors(
    tf.constant(labels, tf.int32),
    tf.constant(SEED),
    size=32,
    foreground_fraction=0.25,
  ).numpy()
  assert [(row == 1).sum() for row in kept] == [8, 3]
  assert [(row == 0).sum() for row in kept] == [24, 29]
  assert np.all((kept == labels) | (kept == -1))


def test_sampling_keeps_all_labels_if_there_are_few():
  labels = tf.constant([[1, 0, -1, 0]])
  kept = anchor_targets.sample_anchors(
    labels, tf.constant(SEED), size=256, foreground_fraction=0.5
  )
  np.testing.assert_array_equal(kept, labels)


def test_sampling_is_uniform_and_follows_the_seed():
  labels = tf.zeros([1, 20], tf.int32)
  counts = np.zeros(20)
  for i in range(300):
    counts += (
      anchor_targets.sample_anchors(
        labels, tf.constant([i, 0]), size=5, foreground_fraction=0.5
      )[0].numpy()
      == 0
    )
  assert counts.sum() == 300 * 5
  # 75 of 300 expected for each; the standard deviation is 7.5.
  assert np.abs(counts - 75).max() < 4 * 7.5


def test_targets_depend_on_the_seed():
  boxes, classes = random_objects(4)
  first, again = targets(boxes, classes), targets(boxes, classes)
  other = targets(boxes, classes, seed=(3, 6))
  tf.nest.map_structure(np.testing.assert_array_equal, first, again)
  assert any(np.any(first[0][k] != other[0][k]) for k in first[0])


def test_regions_are_no_samples_and_padding_rows_of_them_have_no_effect():
  boxes, classes = random_objects(6)
  everywhere = np.array([[-200, -200, 300, 300]], np.float32)
  regions = Regions(
    tf.constant(np.stack([everywhere] * 3 + [0 * everywhere])),
    tf.constant([[True], [True], [True], [False]]),
  )
  plain, found = (
    targets(boxes, classes),
    targets(boxes, classes, regions=regions),
  )
  for row in range(3):
    scores = flatten(found[0], row)
    assert not np.any(scores == 0)
    assert np.any(scores == 1) == (row > 0)
  for level in plain[0]:
    np.testing.assert_array_equal(plain[0][level][3], found[0][level][3])
    np.testing.assert_array_equal(plain[1][level], found[1][level])


@pytest.mark.parametrize('ignores', [False, True])
def test_eager_dataset_and_xla_agree(ignores):
  boxes, classes = random_objects(5)
  # The seed is an argument: a constant one would be folded before XLA runs.
  arguments = (tf.constant(boxes), tf.constant(classes), tf.constant(SEED))
  options = {}
  if ignores:
    crowd = np.random.default_rng(0).random(classes.shape) < 0.5
    regions = Regions(tf.constant(boxes[::-1]), tf.constant(crowd))
    options = {'regions': regions}

  def run(*arguments):
    return targets(*arguments, **options)

  eager = run(*arguments)
  dataset = tf.data.Dataset.from_tensors(arguments).map(run)
  compiled = tf.function(run, jit_compile=True)(*arguments)
  for other in (next(iter(dataset)), compiled):
    tf.nest.map_structure(
      lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), eager, other
    )
