"""The gin configurable `model`, which makes the config of Mask R-CNN."""

from collections.abc import Mapping, Sequence
from typing import Any

import gin
from official.vision.configs import decoders, maskrcnn

from copypaste_tf.config.overrides import apply, from_mapping
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.tasks import backbones


@gin.configurable
def model(
  *,
  num_classes: int = 91,
  image_size: Sequence[int] = (1024, 1024),
  backbone: str = 'resnet50',
  pyramid: str = 'fpn',
  cascade_ious: Sequence[float] = (),
  levels: Sequence[int] = (2, 6),
  max_detections: int = CocoEvaluator.max_detections,
  score_threshold: float = 0.05,
  overrides: Mapping[str, Any] | None = None,
) -> maskrcnn.MaskRCNN:
  """Returns the config of Mask R-CNN in the published implementation.

  Args:
    num_classes: largest category id plus one; 0 is the background.
    image_size: height and width of the input in pixels.
    backbone: `resnet10` to `resnet200`, `efficientnet-b0` to `efficientnet-b7`.
    pyramid: `fpn`, or `nasfpn` for levels 3 to 7.
    cascade_ious: IoU threshold of each stage of a cascade after the first;
      empty for no cascade. The boxes of a cascade are class-agnostic, and its
      class scores are averaged over the stages.
    levels: finest and coarsest pyramid level.
    max_detections: largest number of detections of an image.
    score_threshold: scores at or below this are no detections, in [0, 1].
    overrides: any other field of Model Garden's `MaskRCNN`, as nested dicts.

  Returns:
    Model Garden's config.
  """
  nas, cascade = pyramid == 'nasfpn', bool(cascade_ious)
  config = maskrcnn.MaskRCNN(
    num_classes=num_classes,
    input_size=[*image_size, 3],
    min_level=levels[0],
    max_level=levels[1],
    anchor=maskrcnn.Anchor(
      num_scales=3 if nas else 1,
      aspect_ratios=[1.0, 2.0, 0.5],
      anchor_size=4.0 if nas else 8.0,
    ),
    backbone=backbones.backbone(backbone, model='model'),
    decoder=decoders.Decoder(
      type=pyramid, fpn=decoders.FPN(), nasfpn=decoders.NASFPN()
    ),
    rpn_head=maskrcnn.RPNHead(num_convs=2),
    detection_head=maskrcnn.DetectionHead(
      num_fcs=2,
      class_agnostic_bbox_pred=cascade,
      cascade_class_ensemble=cascade,
    ),
    roi_sampler=maskrcnn.ROISampler(
      foreground_iou_threshold=0.6 if cascade else 0.5,
      cascade_iou_thresholds=[*cascade_ious] or None,
    ),
    detection_generator=maskrcnn.DetectionGenerator(
      pre_nms_top_k=1000,
      pre_nms_score_threshold=score_threshold,
      max_num_detections=max_detections,
    ),
  )
  apply(config, from_mapping(overrides or {}, 'model.overrides'))
  return config
