"""Names the protocols of evaluation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from copypaste_tf.evaluation import coco_inputs
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.evaluation.lvis_evaluator import (
  LvisEvaluator,
  LvisFixedEvaluator,
)
from copypaste_tf.evaluation.voc_evaluator import VocEvaluator

COCO, LVIS, LVIS_FIXED, VOC = NAMES = ('coco', 'lvis', 'lvis_fixed', 'voc')
_EVALUATORS = {
  COCO: CocoEvaluator,
  LVIS: LvisEvaluator,
  LVIS_FIXED: LvisFixedEvaluator,
  VOC: VocEvaluator,
}
METRICS = {name: kind.metric_names for name, kind in _EVALUATORS.items()}
"""Names of the numbers without their prefix."""
IOU_TYPES = {name: kind.iou_types for name, kind in _EVALUATORS.items()}
"""What the protocols can measure, names of `coco_inputs.IOU_TYPES`."""
LISTING = tuple(n for n, kind in _EVALUATORS.items() if kind.lists_categories)
"""Protocols whose numbers always include those of each class."""


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

  Raises:
    ValueError: see `check_iou_types`.
  """
  check_iou_types(protocol, iou_types)
  return _EVALUATORS[protocol](
    groundtruth, iou_types=iou_types, per_category=per_category
  )


def prefixes(protocol: str, iou_types: Sequence[str]) -> Sequence[str]:
  """Returns the prefixes of the names of the numbers.

  Args:
    protocol: one of `NAMES`.
    iou_types: what is measured.
  """
  return _EVALUATORS[protocol].prefixes(iou_types)


def headline(protocol: str, iou_types: Sequence[str]) -> str:
  """Returns the metric that decides which checkpoint is the best.

  Args:
    protocol: one of `NAMES`.
    iou_types: what is measured.
  """
  return _EVALUATORS[protocol].headline_of(iou_types)


def check_iou_types(protocol: str, iou_types: Iterable[str]) -> None:
  """Checks that a protocol can measure something.

  Args:
    protocol: one of `NAMES`.
    iou_types: what is to be measured.

  Raises:
    ValueError: a name is unknown, or the protocol cannot measure it.
  """
  coco_inputs.check_iou_types(iou_types)
  measured = IOU_TYPES[protocol]
  if not {*iou_types} <= {*measured}:
    raise ValueError(
      f'the protocol {protocol} measures {", ".join(measured)}, got the IoU '
      f'types {", ".join(iou_types)}'
    )
