"""Chooses thresholds at which labels are as frequent as in labelled images."""

import numpy as np

from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.thresholds import DEFAULT, Thresholds


def match_classes(
  reference: LabelCounts, labels: ScoredLabels, default: float = DEFAULT
) -> Thresholds:
  """Makes each class as frequent per image as in the labelled set.

  The threshold of a class is the score of its k-th best label, where k is the
  number that the images would have at the labelled frequency, at least 1. So
  the threshold of a class never rises with its frequency in the labelled set.
  If a class has fewer labels than k, all are kept.

  Args:
    reference: counts of the labelled set.
    labels: labels of unlabelled images, from the lowest stored score up.
    default: threshold of classes that the labelled set or the labels lack.

  Returns:
    Thresholds for the classes that both have.
  """
  order = np.argsort(labels.class_ids, kind='stable')
  ids, starts = np.unique(labels.class_ids[order], return_index=True)
  scores = np.split(labels.scores[order], starts)[1:]
  found = {}
  for number, own in zip(ids.tolist(), scores, strict=True):
    wanted = reference.by_class.get(number, 0)
    if wanted:
      found[number] = _kth_best(own, wanted, reference.images, labels)
  return Thresholds(default, found)


def match_total(reference: LabelCounts, labels: ScoredLabels) -> float | None:
  """Returns the threshold for as many labels per image as in the labelled set.

  Args:
    reference: counts of the labelled set.
    labels: labels of unlabelled images, from the lowest stored score up.

  Returns:
    A score; None if one of the sets has no label.
  """
  if not reference.labels or not labels.scores.size:
    return None
  return _kth_best(labels.scores, reference.labels, reference.images, labels)


def _kth_best(
  scores: np.ndarray, wanted: int, images: int, labels: ScoredLabels
) -> float:
  """Returns the lowest of the `wanted / images` best scores per image."""
  # In integers: the nearest number, a half upwards.
  count = (2 * wanted * labels.num_images + images) // (2 * images)
  count = min(max(count, 1), scores.size)
  place = scores.size - count
  # The decimal form has the digits that restore the float32.
  return float(str(np.partition(scores, place)[place]))
