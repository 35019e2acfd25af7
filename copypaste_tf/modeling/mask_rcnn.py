"""Runs Mask R-CNN or Cascade Mask R-CNN: backbone, pyramid, RPN, second stage.

The arguments and the outputs have the names that they have in Model Garden.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf
import tf_keras

from copypaste_tf.examples import ABSENT, Regions
from copypaste_tf.modeling.options import ProposalOptions
from copypaste_tf.modeling.regions.mask_targets import PlaneMasks
from copypaste_tf.modeling.regions.roi_sampling import GroundTruth
from copypaste_tf.modeling.regions.second_stage import SecondStage
from copypaste_tf.modeling.rpn import proposals
from copypaste_tf.modeling.rpn.anchors import LevelAnchors, pyramid_anchors


class MaskRCNN(tf_keras.Model):
  """Detects objects and predicts their masks (Mask R-CNN, section 3).

  Args:
    backbone: maps `[b, h, w, 3]` images to `{level: features}`.
    decoder: maps the features of the backbone to those of the pyramid.
    rpn_head: predicts a logit and a box code for each anchor.
    regions: the second stage: classifies the proposals, refines their boxes
      and predicts masks.
    proposal_options: options of the anchors and of the choice of proposals.
  """

  def __init__(
    self,
    backbone: tf_keras.layers.Layer,
    decoder: tf_keras.layers.Layer,
    rpn_head: tf_keras.layers.Layer,
    regions: SecondStage,
    proposal_options: ProposalOptions,
  ):
    super().__init__(name='mask_rcnn')
    self.backbone = backbone
    self.decoder = decoder
    self.rpn_head = rpn_head
    self.regions = regions
    self._options = proposal_options

  @property
  def checkpoint_items(self) -> dict[str, tf.Module]:
    """Parts that a checkpoint also stores under separate names."""
    return {'backbone': self.backbone, 'decoder': self.decoder}

  def parts(self) -> dict[str, Sequence[tf_keras.layers.Layer]]:
    """Returns the layers of each part, with those of the classifier."""
    masks = self.regions.mask_head
    return {
      'backbone': [self.backbone],
      'decoder': [self.decoder],
      'rpn_head': [self.rpn_head],
      'box_heads': self.regions.box_heads,
      'mask_head': [] if masks is None else [masks],
    }

  def classifier(self) -> dict[str, list[tf_keras.layers.Layer]]:
    """Returns the layers that depend on the number of classes, by part."""
    found = {}
    parts = self.parts()
    for head in (*parts['box_heads'], *parts['mask_head']):
      for name, layer in head.classifier().items():
        found.setdefault(name, []).append(layer)
    return found

  def call(
    self,
    images: tf.Tensor,
    image_shape: tf.Tensor,
    gt_boxes: tf.Tensor | None = None,
    gt_classes: tf.Tensor | None = None,
    gt_masks: PlaneMasks | tf.Tensor | None = None,
    gt_ignored: Regions | tuple[()] = ABSENT,
    training: bool | None = None,
  ) -> dict[str, tf.Tensor | dict[str, tf.Tensor]]:
    """Runs the model.

    Args:
      images: `[b, h, w, 3]` float32 or bfloat16 RGB, normalised by the mean
        and standard deviation of ImageNet; 0 in the padding.
      image_shape: `[b, 2]` int or float, height and width of the image in
        pixels; the rest of the canvas, below and to the right, is padding.
      gt_boxes: `[b, m, 4]` float32 pixels; -1 in padding rows. Only training
        needs `gt_boxes`, `gt_classes` and `gt_masks`.
      gt_classes: `[b, m]` int in [1, k); -1 in padding rows.
      gt_masks: `PlaneMasks`, or `[b, m, s, s]` masks of any number type in
        [0, 1], cropped to the boxes; None leaves the mask head untrained.
      gt_ignored: regions that are neither objects nor background.
      training: return the inputs of the losses, and no detections.

    Returns:
      Dict of float32 outputs unless noted. Always:

      * `backbone_features`, `decoder_features`: `{level: [b, h_l, w_l, c]}` in
        the compute dtype;
      * `rpn_scores`: `{level: [b, h_l, w_l, a]}` logits;
      * `rpn_boxes`: `{level: [b, h_l, w_l, 4 * a]}` box codes;
      * `rois`: `[b, n, 4]` proposals, pixels, best first;
      * `roi_scores`: `[b, n]` scores of the proposals in [0, 1], -1 in padding.

      During training, also the dict of `SecondStage.training_outputs`; at
      inference that of `SecondStage.detect`.
    """
    training = bool(training)
    backbone_features = self.backbone(images, training=training)
    pyramid = self.decoder(backbone_features, training=training)
    scores, codes = self.rpn_head(pyramid, training=training)
    rois, roi_scores = self.propose(
      scores, codes, self._anchors(images), image_shape, training=training
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
      boxes = tf.cast(gt_boxes, tf.float32)
      truth = GroundTruth(boxes, gt_classes, gt_masks, gt_ignored)
      targets = self.regions.sample_rois(rois, truth)
      return outputs | self.regions.training_outputs(
        pyramid, targets, truth, image_shape
      )
    return outputs | self.regions.detect(pyramid, rois, image_shape)

  def propose(
    self,
    scores: Mapping[str, tf.Tensor],
    codes: Mapping[str, tf.Tensor],
    anchors: Mapping[str, LevelAnchors],
    sizes: tf.Tensor,
    *,
    training: bool,
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Chooses proposals; no gradient flows through them.

    Args:
      scores: `{level: [b, h_l, w_l, a]}` float32 logits of the anchors.
      codes: `{level: [b, h_l, w_l, 4 * a]}` float32 box codes.
      anchors: the anchors by level.
      sizes: `[b, 2]` int or float, height and width of the images in pixels.
      training: use the options of training.

    Returns:
      `[b, n, 4]` float32 boxes in pixels, clipped to the image, and `[b, n]`
      float32 scores in [0, 1]; 0 and -1 in padding rows.
    """
    options = self._options.training if training else self._options.inference
    rois, scores = proposals.propose(scores, codes, anchors, sizes, **options)
    return tf.stop_gradient(rois), tf.stop_gradient(scores)

  def _anchors(self, images):
    """Returns the anchors by level."""
    return pyramid_anchors(images.shape[1:3], **self._options.anchors)
