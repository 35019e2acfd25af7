"""COCO's metrics as an evaluator of detections."""

from copypaste_tf.evaluation import coco, coco_backends
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator


class CocoEvaluator(DetectionEvaluator):
  """Measures the AP of detections against COCO's ground truth."""

  max_detections = coco_backends.MAX_DETECTIONS[-1]
  metric_names = coco.METRICS

  def metrics(self) -> dict[str, float]:
    """Returns COCO's metrics; see `coco.evaluate`."""
    return coco.evaluate(
      self.groundtruth,
      self.detections,
      iou_types=self._iou_types,
      per_category=self._per_category,
      # Category ids may have gaps, and a model may predict an id in a gap.
      strict_categories=False,
    )
