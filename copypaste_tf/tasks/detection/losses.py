"""The losses of Mask R-CNN, and their weighted sum."""

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from official.vision.losses import maskrcnn_losses

from copypaste_tf.modeling import losses
from copypaste_tf.tasks.detection.config import TaskConfig

# Each weighted loss, and the field of Model Garden's `Losses` with its weight.
_WEIGHTS = {
  'rpn_score_loss': 'rpn_score_weight',
  'rpn_box_loss': 'rpn_box_weight',
  'frcnn_cls_loss': 'frcnn_class_weight',
  'frcnn_box_loss': 'frcnn_box_weight',
  'mask_loss': 'mask_weight',
}
# Training minimises the first one; the last one leaves out weight decay.
NAMES = ('total_loss', *_WEIGHTS, 'model_loss')


def weights(config: TaskConfig) -> dict[str, float]:
  """Returns the weights of the losses that are computed, by name.

  A loss of weight 0 is not: 0 times infinity would not be 0.

  Args:
    config: config of the task.
  """
  found = {
    name: getattr(config.losses, field) for name, field in _WEIGHTS.items()
  }
  if not config.model.include_mask:
    del found['mask_loss']
  return {name: weight for name, weight in found.items() if weight}


def all_losses(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  labels: Mapping[str, Any],
  penalties: Sequence[tf.Tensor],
  class_weights: Sequence[float] | None = None,
) -> dict[str, tf.Tensor]:
  """Returns the float32 scalars of `NAMES` that are computed.

  Args:
    config: config of the task, with the weight of each loss.
    outputs: outputs of the model in training mode, in float32.
    labels: result of `labels.labels`.
    penalties: scalar losses of the model, such as weight decay.
    class_weights: weight of each class in `frcnn_cls_loss`, `[k]`; None weighs
      all alike.
  """
  terms = {
    'rpn_score_loss': lambda: rpn_score_loss(config, outputs, labels),
    'rpn_box_loss': lambda: rpn_box_loss(config, outputs, labels),
    'frcnn_cls_loss': lambda: class_loss(config, outputs, class_weights),
    'frcnn_box_loss': lambda: box_loss(config, outputs),
    'mask_loss': lambda: mask_loss(config, outputs),
  }
  factors = weights(config)
  values = {name: terms[name]() for name in factors}
  weighted = functools.reduce(
    operator.add, (factors[name] * value for name, value in values.items())
  )
  total = weighted
  if penalties:
    total += tf.reduce_sum(penalties)
  total = config.losses.loss_weight * total
  return {'total_loss': total, **values, 'model_loss': weighted}


def rpn_score_loss(
  config: TaskConfig, outputs: Mapping[str, Any], labels: Mapping[str, Any]
) -> tf.Tensor:
  """Returns the scalar score loss of the region proposal network.

  Args:
    config: config of the task.
    outputs: with `rpn_scores` `{level: [b, h_l, w_l, a]}` float32 logits.
    labels: with `rpn_score_targets` of the same shapes, int; 1 object, 0
      background, -1 ignored.
  """
  return losses.rpn_score_loss(
    outputs['rpn_scores'],
    labels['rpn_score_targets'],
    samples_per_image=config.anchor_targets.batch_size_per_image,
  )


def rpn_box_loss(
  config: TaskConfig, outputs: Mapping[str, Any], labels: Mapping[str, Any]
) -> tf.Tensor:
  """Returns the scalar box loss of the region proposal network.

  Args:
    config: config of the task.
    outputs: with `rpn_boxes` `{level: [b, h_l, w_l, 4 * a]}` float32 codes.
    labels: with `rpn_box_targets` of the same shapes, float32 codes.
  """
  return losses.rpn_box_loss(
    outputs['rpn_boxes'],
    labels['rpn_box_targets'],
    delta=config.losses.rpn_huber_loss_delta,
  )


def class_loss(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  class_weights: Sequence[float] | None = None,
) -> tf.Tensor:
  """Returns the scalar class loss of the regions, averaged over the stages.

  Args:
    config: config of the task.
    outputs: for each stage of a cascade `class_outputs` `[b, n, k]` float32
      logits and `class_targets` `[b, n]` int ids; `_1`, `_2` follow the names
      of the later stages.
    class_weights: as of `all_losses`. The weight of the target class multiplies
      the loss of a region; the mean is over all regions, not over the weights.
  """
  loss = maskrcnn_losses.FastrcnnClassLoss(
    config.losses.frcnn_class_use_binary_cross_entropy,
    config.losses.frcnn_class_loss_top_k_percent,
  )
  suffixes = _stages(config)
  values = [
    loss(
      outputs[f'class_outputs{s}'], outputs[f'class_targets{s}'], class_weights
    )
    for s in suffixes
  ]
  return tf.add_n(values) / len(suffixes)


def box_loss(config: TaskConfig, outputs: Mapping[str, Any]) -> tf.Tensor:
  """Returns the scalar box loss of the regions, averaged over the stages.

  Args:
    config: config of the task.
    outputs: for each stage of a cascade `class_targets` `[b, n]` int ids,
      `box_outputs` `[b, n, 4 or 4 * k]` and `box_targets` `[b, n, 4]` float32
      codes; `_1`, `_2` follow the names of the later stages.
  """
  suffixes = _stages(config)
  values = [
    losses.box_loss(
      outputs[f'box_outputs{s}'],
      outputs[f'box_targets{s}'],
      outputs[f'class_targets{s}'],
      delta=config.losses.frcnn_huber_loss_delta,
    )
    for s in suffixes
  ]
  return tf.add_n(values) / len(suffixes)


def _stages(config: TaskConfig) -> list[str]:
  """Returns the ends of the names of the outputs of each stage."""
  later = config.model.roi_sampler.cascade_iou_thresholds or ()
  return ['', *(f'_{stage}' for stage in range(1, 1 + len(later)))]


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
