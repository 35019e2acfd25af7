"""Pascal VOC's AP50 as an evaluator of detections."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from copypaste_tf.evaluation import coco_inputs, voc
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator


class VocEvaluator(DetectionEvaluator):
  """Measures the AP50 of boxes by both rules of Pascal VOC, class by class.

  The masks of a model are not made unless `complete` is set.
  """

  metric_names = voc.METRICS
  iou_types = ('bbox',)
  lists_categories = True

  @classmethod
  def prefixes(cls, iou_types: Sequence[str]) -> Sequence[str]:
    """Returns the prefixes of the two averages."""
    del iou_types
    return voc.PREFIXES

  @classmethod
  def headline_of(cls, iou_types: Sequence[str]) -> str:
    """Returns the average at 11 points, by which VOC 2007 is compared."""
    return f'{cls.prefixes(iou_types)[0]}_{cls.metric_names[0]}'

  def add(self, outputs: Mapping[str, np.ndarray]) -> None:
    """Adds a batch of detections; see `DetectionEvaluator.add`."""
    boxes = {name: x for name, x in outputs.items() if name != 'masks'}
    super().add(outputs if self.complete else boxes)

  def prepare(self, source_ids: Iterable[int] = ()) -> None:
    """Reads and checks the ground truth; see `Evaluator.prepare`."""
    super().prepare(source_ids)
    coco_inputs.check_whole_ids(self.groundtruth)

  def notes(self) -> list[str]:
    """Returns what of the ground truth does not count, one sentence each."""
    return voc.notes(self.groundtruth)

  def metrics(self) -> dict[str, float]:
    """Returns both averages, overall and of each class; see `voc.evaluate`."""
    # Category ids may have gaps, and a model may predict an id in a gap.
    return voc.evaluate(
      self.groundtruth, self.detections, strict_categories=False
    )
