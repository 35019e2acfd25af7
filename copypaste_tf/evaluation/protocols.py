"""Names the protocols of evaluation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.evaluation.lvis_evaluator import (
  LvisEvaluator,
  LvisFixedEvaluator,
)

COCO, LVIS, LVIS_FIXED = NAMES = ('coco', 'lvis', 'lvis_fixed')
_EVALUATORS = {
  COCO: CocoEvaluator,
  LVIS: LvisEvaluator,
  LVIS_FIXED: LvisFixedEvaluator,
}
METRICS = {name: kind.metric_names for name, kind in _EVALUATORS.items()}
"""Names of the numbers of each IoU type, without its prefix."""


def evaluator(
  protocol: str,
  groundtruth: Callable[[], Mapping[str, Any]],
  *,
  iou_types: Sequence[str],
  per_category: bool = False,
) -> DetectionEvaluator:
  """Returns an empty evaluator.

  Args:
    protocol: one of `NAMES`.
    groundtruth: see `DetectionEvaluator`.
    iou_types: see `DetectionEvaluator`.
    per_category: see `DetectionEvaluator`.
  """
  return _EVALUATORS[protocol](
    groundtruth, iou_types=iou_types, per_category=per_category
  )
