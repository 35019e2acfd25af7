"""The second stage: what is made of the proposals.

All geometry is float32, whatever the features are.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.regions import (
  detections,
  mask_targets,
  roi_align,
  roi_sampling,
)
from copypaste_tf.modeling.regions.mask_targets import CroppedMasks, PlaneMasks
from copypaste_tf.modeling.regions.roi_sampling import Targets


@dataclasses.dataclass(frozen=True)
class RegionOptions:
  """What the second stage does between its layers.

  Attributes:
    sampling: keyword arguments of `roi_sampling.sample`.
    detecting: keyword arguments of `detections.detect`.
    cascade_ious: least IoU of an object in the further stages of a cascade.
    class_ensemble: average the logits of all stages.
    box_size: side of the grid of features for the box heads.
    mask_size: side of the grid of features for the mask head.
    masks_per_image: regions that the mask head is trained on.
  """

  sampling: Mapping[str, float]
  detecting: Mapping[str, float]
  cascade_ious: tuple[float, ...] = ()
  class_ensemble: bool = False
  box_size: int = 7
  mask_size: int = 14
  masks_per_image: int = 128


class Regions(tf_keras.layers.Layer):
  """Box heads, one for each stage of the cascade, and a mask head.

  Args:
    box_heads: one for each stage.
    mask_head: draws masks; None for boxes only.
    options: everything else.

  Raises:
    ValueError: the stages of the cascade are not as many as the heads.
  """

  def __init__(
    self,
    box_heads: Sequence[tf_keras.layers.Layer],
    mask_head: tf_keras.layers.Layer | None,
    options: RegionOptions,
  ):
    if len(box_heads) != 1 + len(options.cascade_ious):
      raise ValueError(
        f'a cascade with thresholds {options.cascade_ious} needs '
        f'{1 + len(options.cascade_ious)} box heads, got {len(box_heads)}.'
      )
    # Float32, or Keras would round the boxes to the policy's type.
    super().__init__(name='regions', dtype=tf.float32, autocast=False)
    self.box_heads = list(box_heads)
    self.mask_head = mask_head
    self._options = options

  def sample(
    self, rois: tf.Tensor, boxes: tf.Tensor, classes: tf.Tensor
  ) -> Targets:
    """Returns the `Targets` of the first stage."""
    boxes = tf.cast(boxes, tf.float32)
    keys = roi_sampling.content_keys(rois, rois.shape[1] + boxes.shape[1])
    return roi_sampling.sample(
      rois, boxes, classes, keys, **self._options.sampling
    )

  def train(
    self,
    pyramid: Mapping[str, tf.Tensor],
    targets: Targets,
    objects: tuple[tf.Tensor, tf.Tensor, PlaneMasks | tf.Tensor | None],
    sizes: tf.Tensor,
  ) -> dict[str, tf.Tensor]:
    """Runs all heads on the regions of a minibatch.

    Args:
      pyramid: `{level: [b, h_l, w_l, c]}`.
      targets: of the first stage.
      objects: boxes, classes and masks as in `call`.
      sizes: `[b, 2]` height and width of the images in pixels.

    Returns:
      Outputs and targets of every stage; of the first without a suffix.
    """
    outputs, codes = {}, None
    boxes, classes, masks = objects
    for stage in range(len(self.box_heads)):
      suffix = f'_{stage}' if stage else ''
      if stage:
        targets = roi_sampling.match(
          self.refine(targets.rois, codes, sizes, stage - 1),
          tf.cast(boxes, tf.float32),
          classes,
          foreground_iou=self._options.cascade_ious[stage - 1],
        )
      logits, codes = self.classify(pyramid, targets.rois, stage, training=True)
      outputs |= {
        f'class_outputs{suffix}': logits,
        f'box_outputs{suffix}': codes,
        f'class_targets{suffix}': targets.classes,
        f'box_targets{suffix}': roi_sampling.box_targets(targets, stage),
      }
    if self.mask_head is not None:
      outputs |= self._masks(pyramid, targets, masks)
    return outputs

  def _masks(self, pyramid, targets, masks):
    options = self._options
    if not isinstance(masks, PlaneMasks):
      masks = CroppedMasks(masks)
    targets = mask_targets.sample(targets, options.masks_per_image)
    wanted = mask_targets.mask_targets(
      targets, masks, size=2 * options.mask_size
    )
    rois, classes = targets.rois, targets.classes
    return {
      'mask_rois': rois,
      'mask_class_targets': classes,
      'mask_targets': tf.stop_gradient(wanted),
      'mask_outputs': self.draw(pyramid, rois, classes, training=True),
    }

  def detect(
    self, pyramid: Mapping[str, tf.Tensor], rois: tf.Tensor, sizes: tf.Tensor
  ) -> dict[str, tf.Tensor]:
    """Turns `[b, n, 4]` proposals into detections, with masks if there are."""
    all_logits, codes = [], None
    for stage in range(len(self.box_heads)):
      if stage:
        rois = self.refine(rois, codes, sizes, stage - 1)
      logits, codes = self.classify(pyramid, rois, stage, training=False)
      all_logits.append(logits)
    if self._options.class_ensemble:
      logits = tf.add_n(all_logits) / len(all_logits)
    boxes = self._decode(rois, codes, sizes, len(self.box_heads) - 1)
    found = detections.detect(logits, boxes, **self._options.detecting)
    outputs = {
      'cls_outputs': logits,
      'box_outputs': codes,
      'detection_boxes': found.boxes,
      'detection_scores': found.scores,
      'detection_classes': found.classes,
      'num_detections': found.counts,
    }
    if self.mask_head is not None:
      masks = self.draw(pyramid, found.boxes, found.classes, training=False)
      outputs['detection_masks'] = tf.sigmoid(masks)
    return outputs

  def classify(
    self,
    pyramid: Mapping[str, tf.Tensor],
    rois: tf.Tensor,
    stage: int,
    *,
    training: bool,
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns a stage's logits and codes of `[b, n, 4]` regions."""
    features = roi_align.roi_align(pyramid, rois, self._options.box_size)
    return self.box_heads[stage](features, training=training)

  def draw(
    self,
    pyramid: Mapping[str, tf.Tensor],
    rois: tf.Tensor,
    classes: tf.Tensor,
    *,
    training: bool,
  ) -> tf.Tensor:
    """Returns `[b, n, s, s]` logits of the masks of `[b, n, 4]` regions."""
    features = roi_align.roi_align(pyramid, rois, self._options.mask_size)
    return self.mask_head(features, classes, training=training)

  def refine(
    self, rois: tf.Tensor, codes: tf.Tensor, sizes: tf.Tensor, stage: int
  ) -> tf.Tensor:
    """Returns the regions of the stage behind `stage`; no gradient."""
    boxes = self._decode(rois, codes, sizes, stage)[:, :, 0]
    return tf.stop_gradient(boxes)

  def _decode(self, rois, codes, sizes, stage):
    """Returns `[b, n, 1 or k, 4]` boxes within the image."""
    codes = tf.reshape(codes, [-1, rois.shape[1], codes.shape[-1] // 4, 4])
    weights = box_coding.STAGE_WEIGHTS[stage]
    boxes = box_coding.decode(codes, rois[:, :, tf.newaxis], weights)
    return box_coding.clip(boxes, sizes)
