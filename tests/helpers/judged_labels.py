"""Small sets of judged and of unlabelled images, and their report."""

import numpy as np

from copypaste_tf.labelling import quality, quality_report
from copypaste_tf.labelling.quality import RIGHT, WRONG, WRONG_CLASS
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.thresholds import Thresholds

NAMES = {1: 'cell', 2: 'a | b\n'}


def judgement(right=(0.9, 0.6), wrong=(0.7, 0.1), objects=4):
  """Labels of class 1 on four images, the first label on the first image."""
  scores = np.array([*right, *wrong], np.float32)
  labels = ScoredLabels(
    np.arange(len(scores)) % 4, np.ones(len(scores), int), scores, 4
  )
  outcome = np.array([RIGHT] * len(right) + [WRONG] * len(wrong))
  kinds = np.full(len(scores), WRONG_CLASS)
  return quality.Judgement(
    labels, dict.fromkeys(quality.IOUS, outcome), kinds, {1: objects, 2: 1}
  )


def unlabelled(per_class):
  ids = np.array([c for c, scores in per_class.items() for _ in scores])
  scores = np.array([s for scores in per_class.values() for s in scores])
  images = np.arange(len(ids)) % 2
  return ScoredLabels(images, ids, scores.astype(np.float32), 2)


def build(judged=None, chosen=None, **changes):
  values = {'max_detections': 10, 'names': NAMES} | changes
  return quality_report.build(
    judged or judgement(), chosen or Thresholds(), **values
  )
