"""Runs the second stage on the proposals: box heads, mask head, detections."""

from collections.abc import Mapping, Sequence

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.options import SecondStageOptions
from copypaste_tf.modeling.regions import (
  detections,
  ignoring,
  mask_targets,
  roi_align,
  roi_sampling,
)
from copypaste_tf.modeling.regions.mask_targets import CroppedMasks, PlaneMasks
from copypaste_tf.modeling.regions.roi_sampling import GroundTruth, Targets


class SecondStage(tf_keras.layers.Layer):
  """Box heads, one for each stage of the cascade, and a mask head.

  See Mask R-CNN (section 3) and Cascade R-CNN (section 4). In all methods,
  `pyramid` is `{level: [b, h_l, w_l, c]}` float32 or bfloat16, and `sizes` is
  `[b, 2]` int or float, the heights and widths of the images in pixels.

  Args:
    box_heads: a box head for each stage.
    mask_head: the mask head; None for boxes only.
    options: options of sampling, matching, features and detections.

  Raises:
    ValueError: the number of box heads is not the number of stages.
  """

  def __init__(
    self,
    box_heads: Sequence[tf_keras.layers.Layer],
    mask_head: tf_keras.layers.Layer | None,
    options: SecondStageOptions,
  ):
    if len(box_heads) != 1 + len(options.cascade_ious):
      raise ValueError(
        f'a cascade with thresholds {options.cascade_ious} needs '
        f'{1 + len(options.cascade_ious)} box heads, got {len(box_heads)}.'
      )
    # With another dtype Keras would cast the boxes to that of its policy.
    super().__init__(name='regions', dtype=tf.float32, autocast=False)
    self.box_heads = list(box_heads)
    self.mask_head = mask_head
    self._options = options

  def sample_rois(self, rois: tf.Tensor, truth: GroundTruth) -> Targets:
    """Samples the regions of a training step.

    Args:
      rois: `[b, n, 4]` float32 proposals in input pixels.
      truth: the labels.

    Returns:
      The `Targets` of the first stage.
    """
    count = rois.shape[1] + truth.boxes.shape[1]
    keys = roi_sampling.content_keys(rois, count)
    return roi_sampling.sample(rois, truth, keys, **self._options.sampling)

  def training_outputs(
    self,
    pyramid: Mapping[str, tf.Tensor],
    targets: Targets,
    truth: GroundTruth,
    sizes: tf.Tensor,
  ) -> dict[str, tf.Tensor]:
    """Runs all heads on the regions of a training step.

    Args:
      pyramid: features of all levels.
      targets: the `Targets` of the first stage, of `n` regions.
      truth: the labels. Logits of ignored regions are those of
        `ignoring.settle`.
      sizes: sizes of the images.

    Returns:
      Dict of float32 tensors unless noted; names of the second and third stage
      end in `_1` and `_2`:
      * `class_outputs`: `[b, n, k]` logits;
      * `class_targets`: `[b, n]` int32, 0 is the background;
      * `box_outputs`: `[b, n, 4]` or `[b, n, 4 * k]` box codes;
      * `box_targets`: `[b, n, 4]` box codes, 0 in the background;
      * `matched_rows`: `[b, n]` int32 row of the matched object, 0 in the
        background;
      * with a mask head and masks, the outputs of `_mask_outputs`.
    """
    outputs, codes = {}, None
    for stage in range(len(self.box_heads)):
      suffix = f'_{stage}' if stage else ''
      if stage:
        targets = roi_sampling.match(
          self.refine(targets.rois, codes, sizes, stage - 1),
          truth,
          foreground_iou=self._options.cascade_ious[stage - 1],
        )
      logits, codes = self.run_box_head(
        pyramid, targets.rois, stage, training=True
      )
      logits, settled = ignoring.settle(logits, targets.classes, truth.ignored)
      targets = targets._replace(classes=settled)
      outputs |= {
        f'class_outputs{suffix}': logits,
        f'box_outputs{suffix}': codes,
        f'class_targets{suffix}': targets.classes,
        f'box_targets{suffix}': roi_sampling.box_targets(targets, stage),
        f'matched_rows{suffix}': targets.indices,
      }
    if self.mask_head is not None and truth.masks is not None:
      outputs |= self._mask_outputs(pyramid, targets, truth.masks)
    return outputs

  def _mask_outputs(self, pyramid, targets, masks):
    """Trains the mask head on `masks_per_image` regions of the last stage.

    Returns:
      `mask_rois` `[b, r, 4]` float32 in input pixels, `mask_class_targets` and
      `mask_matched_rows` `[b, r]` int32, `mask_targets` `[b, r, s, s]` float32
      soft masks in [0, 1] and `mask_outputs` `[b, r, s, s]` float32 mask
      logits.
    """
    options = self._options
    if not isinstance(masks, PlaneMasks):
      masks = CroppedMasks(masks)
    targets = mask_targets.sample(targets, options.masks_per_image)
    soft_masks = mask_targets.mask_targets(
      targets, masks, size=2 * options.mask_size
    )
    rois, classes = targets.rois, targets.classes
    logits = self.predict_mask_logits(pyramid, rois, classes, training=True)
    return {
      'mask_rois': rois,
      'mask_class_targets': classes,
      'mask_matched_rows': targets.indices,
      'mask_targets': tf.stop_gradient(soft_masks),
      'mask_outputs': logits,
    }

  def detect(
    self, pyramid: Mapping[str, tf.Tensor], rois: tf.Tensor, sizes: tf.Tensor
  ) -> dict[str, tf.Tensor]:
    """Detects objects in the proposals.

    Args:
      pyramid: features of all levels.
      rois: `[b, n, 4]` float32 proposals in input pixels.
      sizes: sizes of the images.

    Returns:
      Dict of float32 tensors unless noted:
      * `cls_outputs`: `[b, n, k]` logits, the mean of all if `class_ensemble`;
      * `box_outputs`: `[b, n, 4]` or `[b, n, 4 * k]` codes of the last stage;
      * `detection_boxes`: `[b, d, 4]` in input pixels, clipped to the image;
      * `detection_scores`: `[b, d]` in [0, 1], descending, 0 in padding;
      * `detection_classes`: `[b, d]` int32 in [1, k), 0 in padding;
      * `num_detections`: `[b]` int32;
      * with a mask head, `detection_masks`: `[b, d, s, s]` in [0, 1].
    """
    all_logits, codes = [], None
    for stage in range(len(self.box_heads)):
      if stage:
        rois = self.refine(rois, codes, sizes, stage - 1)
      logits, codes = self.run_box_head(pyramid, rois, stage, training=False)
      all_logits.append(logits)
    if self._options.class_ensemble:
      logits = tf.add_n(all_logits) / len(all_logits)
    boxes = box_coding.decode_regions(codes, rois, sizes, stage)
    detected = detections.detect(logits, boxes, **self._options.detection)
    outputs = {
      'cls_outputs': logits,
      'box_outputs': codes,
      'detection_boxes': detected.boxes,
      'detection_scores': detected.scores,
      'detection_classes': detected.classes,
      'num_detections': detected.counts,
    }
    if self.mask_head is not None:
      masks = self.predict_mask_logits(
        pyramid, detected.boxes, detected.classes, training=False
      )
      outputs['detection_masks'] = tf.sigmoid(masks)
    return outputs

  def run_box_head(
    self,
    pyramid: Mapping[str, tf.Tensor],
    rois: tf.Tensor,
    stage: int,
    *,
    training: bool,
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Classifies regions and refines their boxes with the head of a stage.

    Args:
      pyramid: features of all levels.
      rois: `[b, n, 4]` float32 regions in input pixels.
      stage: stage of the cascade, from 0.
      training: normalise by the statistics of the batch.

    Returns:
      The logits and box codes of `BoxHead.call`, float32.
    """
    features = roi_align.roi_align(pyramid, rois, self._options.box_size)
    return self.box_heads[stage](features, training=training)

  def predict_mask_logits(
    self,
    pyramid: Mapping[str, tf.Tensor],
    rois: tf.Tensor,
    classes: tf.Tensor,
    *,
    training: bool,
  ) -> tf.Tensor:
    """Predicts the masks of regions with the mask head.

    Args:
      pyramid: features of all levels.
      rois: `[b, n, 4]` float32 regions in input pixels.
      classes: `[b, n]` int32 in [0, k); the head predicts their masks.
      training: normalise by the statistics of the batch.

    Returns:
      `[b, n, s, s]` float32 logits, `s = 2 * mask_size`.
    """
    features = roi_align.roi_align(pyramid, rois, self._options.mask_size)
    return self.mask_head(features, classes, training=training)

  def refine(
    self, rois: tf.Tensor, codes: tf.Tensor, sizes: tf.Tensor, stage: int
  ) -> tf.Tensor:
    """Computes the regions of the next stage; no gradient flows through them.

    Args:
      rois: `[b, n, 4]` float32 regions of `stage` in input pixels.
      codes: `[b, n, 4]` float32 class-agnostic box codes of `stage`.
      sizes: sizes of the images.
      stage: stage of the cascade, from 0.

    Returns:
      `[b, n, 4]` float32 boxes in input pixels, clipped to the image.
    """
    boxes = box_coding.decode_regions(codes, rois, sizes, stage)[:, :, 0]
    return tf.stop_gradient(boxes)
