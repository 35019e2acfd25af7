"""The losses of Mask R-CNN, and their weighted sum."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from official.vision.losses import maskrcnn_losses

from copypaste_tf.modeling import losses
from copypaste_tf.tasks.detection.config import TaskConfig

# Training minimises the first one.
NAMES = (
  'total_loss',
  'rpn_score_loss',
  'rpn_box_loss',
  'frcnn_cls_loss',
  'frcnn_box_loss',
  'mask_loss',
  'model_loss',
)


def all_losses(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  labels: Mapping[str, Any],
  penalties: Sequence[tf.Tensor],
) -> dict[str, tf.Tensor]:
  """Returns the float32 scalars of `NAMES`.

  Args:
    config: config of the task, with the weight of each loss.
    outputs: outputs of the model in training mode, in float32.
    labels: result of `labels.labels`.
    penalties: scalar losses of the model, such as weight decay.
  """
  weights = config.losses
  rpn_score, rpn_box = rpn_losses(config, outputs, labels)
  region_class, region_box = region_losses(config, outputs)
  mask = tf.constant(0.0)
  if config.model.include_mask:
    mask = mask_loss(config, outputs)
  weighted = (
    weights.rpn_score_weight * rpn_score
    + weights.rpn_box_weight * rpn_box
    + weights.frcnn_class_weight * region_class
    + weights.frcnn_box_weight * region_box
    + weights.mask_weight * mask
  )
  total = weighted
  if penalties:
    total += tf.reduce_sum(penalties)
  total = weights.loss_weight * total
  named = zip(
    NAMES,
    [total, rpn_score, rpn_box, region_class, region_box, mask, weighted],
    strict=True,
  )
  return dict(named)


def rpn_losses(
  config: TaskConfig, outputs: Mapping[str, Any], labels: Mapping[str, Any]
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the scalar score and box losses of the region proposal network.

  Args:
    config: config of the task.
    outputs: with `rpn_scores` `{level: [b, h_l, w_l, a]}` logits and
      `rpn_boxes` `{level: [b, h_l, w_l, 4 * a]}` codes, float32.
    labels: with `rpn_score_targets` (int; 1 object, 0 background, -1 ignored)
      and `rpn_box_targets` (float32 codes) of the same shapes.
  """
  score_loss = losses.rpn_score_loss(
    outputs['rpn_scores'],
    labels['rpn_score_targets'],
    samples_per_image=config.anchor_targets.batch_size_per_image,
  )
  box_loss = losses.rpn_box_loss(
    outputs['rpn_boxes'],
    labels['rpn_box_targets'],
    delta=config.losses.rpn_huber_loss_delta,
  )
  return score_loss, box_loss


def region_losses(
  config: TaskConfig, outputs: Mapping[str, Any]
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the scalar class and box losses, averaged over the stages.

  Args:
    config: config of the task.
    outputs: for each stage of a cascade `class_outputs` `[b, n, k]` logits,
      `class_targets` `[b, n]` int ids, `box_outputs` `[b, n, 4 or 4 * k]` and
      `box_targets` `[b, n, 4]` float32 codes; `_1`, `_2` follow the names of
      the later stages.
  """
  class_loss = maskrcnn_losses.FastrcnnClassLoss(
    config.losses.frcnn_class_use_binary_cross_entropy,
    config.losses.frcnn_class_loss_top_k_percent,
  )
  stages = 1 + len(config.model.roi_sampler.cascade_iou_thresholds or ())
  class_losses, box_losses = [], []
  for stage in range(stages):
    suffix = f'_{stage}' if stage else ''
    classes = outputs[f'class_targets{suffix}']
    box_losses.append(
      losses.box_loss(
        outputs[f'box_outputs{suffix}'],
        outputs[f'box_targets{suffix}'],
        classes,
        delta=config.losses.frcnn_huber_loss_delta,
      )
    )
    logits = outputs[f'class_outputs{suffix}']
    class_losses.append(
      class_loss(logits, classes, config.losses.class_weights)
    )
  return tf.add_n(class_losses) / stages, tf.add_n(box_losses) / stages


def mask_loss(config: TaskConfig, outputs: Mapping[str, Any]) -> tf.Tensor:
  """Returns the scalar loss of the masks.

  Args:
    config: config of the task.
    outputs: with `mask_outputs` `[b, n, s, s]` float32 logits, `mask_targets`
      `[b, n, s, s]` float32 in [0, 1] and `mask_class_targets` `[b, n]` int
      ids, 0 for the background.
  """
  classes = outputs['mask_class_targets']
  if config.allowed_mask_class_ids is not None:
    allowed = tf.constant([*config.allowed_mask_class_ids], classes.dtype)
    trained = tf.reduce_any(classes[..., tf.newaxis] == allowed, axis=-1)
    classes = tf.where(trained, classes, 0)
  return losses.mask_loss(
    outputs['mask_outputs'], outputs['mask_targets'], classes
  )
