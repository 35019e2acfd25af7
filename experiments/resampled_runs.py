"""Computes the AP of runs on resampled validation images."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from copypaste_tf.evaluation import coco, coco_matches, resampled_ap
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.reporting import run_evaluation

from .measured_run import MeasuredRun

_EQUAL = 1e-4  # Detections in a file have rounded scores.
SEED = 0
"""Seed of the draws: all runs are measured on the same images."""


class Resampled(NamedTuple):
  """AP of a run on resampled images.

  Attributes:
    ap: `[b]` AP of each draw, in [0, 1], by metric, such as `mask_ap`.
    categories: AP of each category on all images, by metric and name of the
      category; without those that have no object.
    images: number of validation images.
    note: why there are no values; empty if there are.
  """

  ap: Mapping[str, np.ndarray]
  categories: Mapping[str, Mapping[str, float]]
  images: int
  note: str = ''


class Resampler:
  """Measures runs on the same draws, and reads each ground truth once."""

  def __init__(self, draws: int):
    """Starts without ground truth.

    Args:
      draws: number of draws b.
    """
    self._draws = draws
    self._truths = {}

  def measure(self, measured: MeasuredRun) -> Resampled:
    """Computes the AP of a run on each draw.

    Args:
      measured: a run without a problem.

    Returns:
      The values; without them if the run has no detections of its last
      evaluation, or another measure than AP of COCO, or if the evaluation
      records are gone.
    """
    run = measured.run
    evaluator = run_evaluation.unfilled(run)
    if not isinstance(evaluator, CocoEvaluator):
      return Resampled({}, {}, 0, 'images are resampled for AP of COCO only')
    if run.predictions is None:
      return Resampled({}, {}, 0, f'no {evaluator.output_file}')
    try:
      truth = self._truth(measured)
    except FileNotFoundError:
      return Resampled({}, {}, 0, 'the evaluation records are gone')
    counts = resampled_ap.draw(len(truth['images']), self._draws, SEED)
    counts = np.vstack([np.ones_like(counts[:1]), counts])
    ap, categories = {}, {}
    for iou_type, prefix in coco.PREFIXES.items():
      metric = f'{prefix}_ap'
      if metric not in evaluator.names or metric not in measured.metrics:
        continue
      matches = coco_matches.match(truth, run.predictions, iou_type)
      values = resampled_ap.average_precisions(matches, counts)
      means = resampled_ap.mean_ap(values)
      if abs(means[0] - measured.metrics[metric]) > _EQUAL:
        return Resampled({}, {}, 0, _other(metric, means[0], measured))
      ap[metric] = means[1:]
      categories[metric] = _named(truth, matches, values[0])
    return Resampled(ap, categories, len(truth['images']))

  def _truth(self, measured: MeasuredRun):
    key = measured.evaluated_on
    if key not in self._truths:
      self._truths[key] = run_evaluation.evaluator_of(measured.run).groundtruth
    return self._truths[key]


def _other(metric: str, found: float, measured: MeasuredRun) -> str:
  return (
    f'detections.json has {metric} {found:.4f}, the last evaluation '
    f'{measured.metrics[metric]:.4f}: another checkpoint was evaluated later'
  )


def _named(truth, matches, values: np.ndarray) -> dict[str, float]:
  names = {category['id']: category['name'] for category in truth['categories']}
  return {
    names[key]: float(value)
    for key, value in zip(matches, values, strict=True)
    if not np.isnan(value)
  }
