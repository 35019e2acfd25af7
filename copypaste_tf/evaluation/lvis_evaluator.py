"""LVIS's metrics as an evaluator of detections."""

import functools
from collections.abc import Iterable, Mapping

import numpy as np

from copypaste_tf.evaluation import lvis, lvis_inputs, lvis_metrics
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.evaluation.lvis_inputs import Truth

_ROUNDING = 1e-7  # Scores are rounded when they are stored.


class LvisEvaluator(DetectionEvaluator):
  """Measures the AP of detections by the protocol of LVIS.

  A detection that the protocol drops keeps its box; its mask is left empty
  unless `complete` is set. Only masks that count cost time and memory.
  """

  metric_names = lvis_metrics.METRICS
  max_detections = lvis.IMAGE_LIMIT
  _fixed = False

  def __init__(self, *args, **knobs):
    """Starts without detections; see `DetectionEvaluator`."""
    super().__init__(*args, **knobs)
    self.names = (*self.names, f'{self.headline}_rare')

  @functools.cached_property
  def truth(self) -> Truth:
    """The ground truth by category; made when it is first needed."""
    return lvis_inputs.index_groundtruth(self.groundtruth, self._iou_types)

  def prepare(self, source_ids: Iterable[int] = ()) -> None:
    """Reads and checks the ground truth; see `Evaluator.prepare`."""
    super().prepare(source_ids)
    lvis_inputs.check_groundtruth(self.groundtruth, self._iou_types)

  def notes(self) -> list[str]:
    """Returns what of the ground truth does not count, one sentence each."""
    return lvis_inputs.notes(self.groundtruth)

  def masked(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns `[b, k]` bool, true for detections that the protocol counts."""
    scores, classes = np.asarray(outputs['scores']), outputs['classes']
    images = np.broadcast_to(
      np.asarray(outputs['source_ids'])[:, np.newaxis], scores.shape
    )
    masked = self.truth.measured(images, classes)
    if not self._fixed and scores.shape[1] > lvis.IMAGE_LIMIT:
      lowest = np.sort(scores, axis=1)[:, [-lvis.IMAGE_LIMIT]]
      masked &= scores >= lowest - _ROUNDING
    return masked

  def metrics(self) -> dict[str, float]:
    """Returns LVIS's metrics; see `lvis.evaluate`."""
    return lvis.measure(
      self.truth,
      self.detections,
      fixed=self._fixed,
      iou_types=self._iou_types,
      per_category=self._per_category,
    )


class LvisFixedEvaluator(LvisEvaluator):
  """Measures AP fixed; see `lvis.evaluate`."""

  metric_names = lvis_metrics.FIXED_METRICS
  max_detections = None
  _fixed = True
