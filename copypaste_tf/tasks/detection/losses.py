"""The losses of a config, of what the model returns and the labels."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from official.vision.losses import maskrcnn_losses
from official.vision.tasks import maskrcnn

from copypaste_tf.modeling import losses
from copypaste_tf.training.config.experiment import TaskConfig


def rpn_losses(
  config: TaskConfig, outputs: Mapping[str, Any], labels: Mapping[str, Any]
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the scalar score and box losses of the proposals."""
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
  """Returns the scalar class and box losses, averaged over the stages."""
  class_loss = maskrcnn_losses.FastrcnnClassLoss(
    config.losses.frcnn_class_use_binary_cross_entropy,
    config.losses.frcnn_class_loss_top_k_percent,
  )
  stages = 1 + len(config.model.roi_sampler.cascade_iou_thresholds or ())
  found = []
  for stage in range(stages):
    suffix = f'_{stage}' if stage else ''
    classes = outputs[f'class_targets{suffix}']
    box_loss = losses.box_loss(
      outputs[f'box_outputs{suffix}'],
      outputs[f'box_targets{suffix}'],
      classes,
      delta=config.losses.frcnn_huber_loss_delta,
    )
    logits = outputs[f'class_outputs{suffix}']
    found.append(
      (class_loss(logits, classes, config.losses.class_weights), box_loss)
    )
  class_losses, box_losses = zip(*found, strict=True)
  return tf.add_n(class_losses) / stages, tf.add_n(box_losses) / stages


def mask_loss(config: TaskConfig, outputs: Mapping[str, Any]) -> tf.Tensor:
  """Returns the scalar loss of the masks."""
  classes = outputs['mask_class_targets']
  allowed = config.allowed_mask_class_ids
  if allowed is not None:
    classes = maskrcnn.zero_out_disallowed_class_ids(classes, allowed)
  return losses.mask_loss(
    outputs['mask_outputs'], outputs['mask_targets'], classes
  )
