import numpy as np
import pytest

from copypaste_tf.labelling import frequencies
from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.thresholds import Thresholds


def labels_of(scores_by_class, num_images):
  ids = [c for c, scores in scores_by_class.items() for _ in scores]
  scores = [s for scores in scores_by_class.values() for s in scores]
  return ScoredLabels(
    np.zeros(len(ids), np.int32),
    np.array(ids, np.int32),
    np.array(scores, np.float32),
    num_images,
  )


def test_each_class_gets_as_many_labels_per_image_as_in_the_labelled_set():
  labels = labels_of(
    {1: [0.9, 0.8, 0.7, 0.6, 0.5], 3: [0.2, 0.4, 0.3], 5: [0.9]}, 10
  )
  # Per image 0.4 of class 1 and 0.2 of class 3; class 7 was never detected.
  reference = LabelCounts(20, 0, 0, {1: 8, 3: 4, 7: 100})
  chosen = frequencies.match_classes(reference, labels, 0.6)
  assert chosen == Thresholds(0.6, {1: 0.6, 3: 0.3})
  assert labels.counts(chosen, 100).by_class == {1: 4, 3: 2, 5: 1}


def test_a_class_with_too_few_labels_keeps_all_of_them():
  labels = labels_of({1: [0.9, 0.05]}, 4)
  chosen = frequencies.match_classes(LabelCounts(1, 0, 0, {1: 9}), labels)
  assert chosen.per_class == {1: 0.05}


def test_a_rare_class_keeps_its_best_label():
  labels = labels_of({1: [0.3, 0.2]}, 4)
  chosen = frequencies.match_classes(LabelCounts(1000, 0, 0, {1: 1}), labels)
  assert chosen.per_class == {1: 0.3}


def test_classes_that_the_labelled_set_lacks_have_the_default():
  labels = labels_of({1: [0.3]}, 4)
  assert frequencies.match_classes(LabelCounts(9), labels) == Thresholds()
  nothing = labels_of({}, 0)
  reference = LabelCounts(1, 0, 0, {1: 1})
  assert frequencies.match_classes(reference, nothing) == Thresholds()


@pytest.mark.parametrize('seed', range(3))
def test_a_more_frequent_class_never_has_a_higher_threshold(seed):
  rng = np.random.default_rng(seed)
  labels = labels_of({2: rng.random(200).round(2)}, 37)
  last = 1.0
  for wanted in range(1, 400):
    reference = LabelCounts(50, 0, 0, {2: wanted})
    chosen = frequencies.match_classes(reference, labels)
    assert chosen.per_class[2] <= last
    last = chosen.per_class[2]
    kept = labels.counts(chosen, 100).by_class[2]
    without_ties = (labels.scores > np.float32(last)).sum()
    count = min(max(int(wanted * 37 / 50 + 0.5), 1), 200)
    assert without_ties < count <= kept


def test_one_threshold_for_all_gives_the_labels_of_the_labelled_set():
  labels = labels_of({1: [0.9, 0.7], 2: [0.8, 0.1]}, 2)
  reference = LabelCounts(4, 0, 0, {1: 6})
  assert frequencies.match_total(reference, labels) == 0.7
  assert frequencies.match_total(LabelCounts(4), labels) is None
  assert frequencies.match_total(reference, labels_of({}, 3)) is None
