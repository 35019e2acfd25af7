"""Mask R-CNN and Cascade Mask R-CNN as published.

The model has the interface of Model Garden's, so that its task trains it.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.regions.mask_targets import PlaneMasks
from copypaste_tf.modeling.regions.regions import Regions
from copypaste_tf.modeling.rpn import anchor_targets, proposals


@dataclasses.dataclass(frozen=True)
class ProposalOptions:
  """How proposals are chosen.

  Attributes:
    anchors: keyword arguments of `anchor_targets.pyramid_anchors`.
    inference: keyword arguments of `proposals.propose`.
    training: the same, to train.
  """

  anchors: Mapping[str, object]
  inference: Mapping[str, float]
  training: Mapping[str, float]


class MaskRCNN(tf_keras.Model):
  """Detects objects and draws their masks.

  Args:
    backbone: maps images to `{level: features}`.
    decoder: maps the backbone's features to a pyramid.
    rpn_head: scores and moves anchors.
    regions: classifies and refines proposals, and draws masks.
    proposing: how proposals are chosen.
  """

  def __init__(
    self,
    backbone: tf_keras.layers.Layer,
    decoder: tf_keras.layers.Layer,
    rpn_head: tf_keras.layers.Layer,
    regions: Regions,
    proposing: ProposalOptions,
  ):
    super().__init__(name='mask_rcnn')
    self.backbone = backbone
    self.decoder = decoder
    self.rpn_head = rpn_head
    self.regions = regions
    self._options = proposing

  @property
  def checkpoint_items(self) -> dict[str, tf.Module]:
    """The parts that can be restored alone."""
    return {'backbone': self.backbone, 'decoder': self.decoder}

  def call(
    self,
    images: tf.Tensor,
    image_shape: tf.Tensor,
    anchor_boxes: Mapping[str, tf.Tensor] | None = None,
    gt_boxes: tf.Tensor | None = None,
    gt_classes: tf.Tensor | None = None,
    gt_masks: PlaneMasks | tf.Tensor | None = None,
    training: bool | None = None,
  ) -> dict[str, tf.Tensor | dict[str, tf.Tensor]]:
    """Runs the model.

    Args:
      images: `[b, h, w, 3]` normalised.
      image_shape: `[b, 2]` height and width of the valid part in pixels.
      anchor_boxes: `{level: [b, h_l, w_l, 4 * a]}` pixels; made if None.
      gt_boxes: `[b, m, 4]` pixels, -1 behind the last; to train only.
      gt_classes: `[b, m]` int, -1 behind the last; to train only.
      gt_masks: `PlaneMasks`, or `[b, m, s, s]` crops of the masks to the
        boxes; to train only.
      training: return what the losses need, not detections.

    Returns:
      Model Garden's dict of outputs.
    """
    training = bool(training)
    backbone_features = self.backbone(images, training=training)
    pyramid = self.decoder(backbone_features, training=training)
    scores, codes = self.rpn_head(pyramid, training=training)
    if anchor_boxes is None:
      anchor_boxes = self._anchors(images)
    rois, roi_scores = self.propose(
      scores, codes, anchor_boxes, image_shape, training=training
    )
    outputs = {
      'backbone_features': backbone_features,
      'decoder_features': pyramid,
      'rpn_scores': scores,
      'rpn_boxes': codes,
      'rois': rois,
      'roi_scores': roi_scores,
    }
    if training:
      targets = self.regions.sample(rois, gt_boxes, gt_classes)
      objects = (gt_boxes, gt_classes, gt_masks)
      return outputs | self.regions.train(
        pyramid, targets, objects, image_shape
      )
    return outputs | self.regions.detect(pyramid, rois, image_shape)

  def propose(
    self,
    scores: Mapping[str, tf.Tensor],
    codes: Mapping[str, tf.Tensor],
    anchors: Mapping[str, tf.Tensor],
    sizes: tf.Tensor,
    *,
    training: bool,
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns `[b, n, 4]` proposals and their scores; no gradient."""
    chosen = self._options.training if training else self._options.inference
    rois, scores = proposals.propose(scores, codes, anchors, sizes, **chosen)
    return tf.stop_gradient(rois), tf.stop_gradient(scores)

  def _anchors(self, images):
    levels = anchor_targets.pyramid_anchors(
      images.shape[1:3], **self._options.anchors
    )
    batch = tf.shape(images)[0]
    return {
      level: tf.tile(boxes[tf.newaxis], [batch, 1, 1, 1])
      for level, boxes in levels.items()
    }
