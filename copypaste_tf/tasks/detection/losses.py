"""The losses of Mask R-CNN, and their weighted sum."""

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from copypaste_tf.modeling import losses
from copypaste_tf.tasks.detection import set_weights
from copypaste_tf.tasks.detection.config import TaskConfig
from copypaste_tf.tasks.detection.set_weights import OfRows

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

  A loss of weight 0 is not computed, since 0 times infinity is not 0.

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

  If the record sets are told apart, or labels weigh differently, each term is
  weighed by its set and its label. If the sets are told apart, there is the
  loss of each set, too; see `set_weights.losses`.

  Args:
    config: config of the task, with the weight of each loss.
    outputs: outputs of the model in training mode, in float32; with
      `set_weights` `[s]` if the labels have `set_terms`.
    labels: result of `labels.labels`.
    penalties: scalar losses of the model, such as weight decay.
    class_weights: weight of each class in `frcnn_cls_loss`, `[k]`; None weighs
      all alike.
  """
  if 'set_terms' not in labels:
    values, of_sets = _terms(config, outputs, labels, class_weights), {}
  else:
    table = outputs['set_weights']
    # The loss is linear in the weights: its gradient is the loss of each set.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(table)
      of_rows = functools.partial(
        set_weights.of_rows, labels['set_terms'], table
      )
      values = _terms(config, outputs, labels, class_weights, of_rows)
    sums = tape.gradient(values['model_loss'], table)
    of_sets = set_weights.losses(config.train_data, sums)
  total = values['model_loss']
  if penalties:
    total += tf.reduce_sum(penalties)
  total = config.losses.loss_weight * total
  return {'total_loss': total, **values, **of_sets}


def _terms(
  config, outputs, labels, class_weights, of_rows: OfRows | None = None
) -> dict[str, tf.Tensor]:
  """Returns the losses that are computed, and `model_loss`, their sum."""
  terms = {
    'rpn_score_loss': lambda: rpn_score_loss(config, outputs, labels, of_rows),
    'rpn_box_loss': lambda: rpn_box_loss(config, outputs, labels, of_rows),
    'frcnn_cls_loss': lambda: class_loss(
      config, outputs, class_weights, of_rows
    ),
    'frcnn_box_loss': lambda: box_loss(config, outputs, of_rows),
    'mask_loss': lambda: mask_loss(config, outputs, of_rows),
  }
  factors = weights(config)
  values = {name: terms[name]() for name in factors}
  weighted = functools.reduce(
    operator.add, (factors[name] * value for name, value in values.items())
  )
  return {**values, 'model_loss': weighted}


def rpn_score_loss(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  labels: Mapping[str, Any],
  of_rows: OfRows | None = None,
) -> tf.Tensor:
  """Returns the scalar score loss of the region proposal network.

  Args:
    config: config of the task.
    outputs: with `rpn_scores` `{level: [b, h_l, w_l, a]}` float32 logits.
    labels: with `rpn_score_targets` of the same shapes, int; 1 object, 0
      background, -1 ignored; with `of_rows` also `rpn_rows`.
    of_rows: weighs the anchors; see `set_weights.of_rows`.
  """
  return losses.rpn_score_loss(
    outputs['rpn_scores'],
    labels['rpn_score_targets'],
    samples_per_image=config.anchor_targets.batch_size_per_image,
    weights=set_weights.of_anchors(of_rows, labels),
  )


def rpn_box_loss(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  labels: Mapping[str, Any],
  of_rows: OfRows | None = None,
) -> tf.Tensor:
  """Returns the scalar box loss of the region proposal network.

  Args:
    config: config of the task.
    outputs: with `rpn_boxes` `{level: [b, h_l, w_l, 4 * a]}` float32 codes.
    labels: with `rpn_box_targets` of the same shapes, float32 codes; with
      `of_rows` also `rpn_rows`.
    of_rows: weighs the anchors; see `set_weights.of_rows`.
  """
  return losses.rpn_box_loss(
    outputs['rpn_boxes'],
    labels['rpn_box_targets'],
    delta=config.losses.rpn_huber_loss_delta,
    weights=set_weights.of_anchors(of_rows, labels),
  )


def class_loss(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  class_weights: Sequence[float] | None = None,
  of_rows: OfRows | None = None,
) -> tf.Tensor:
  """Returns the scalar class loss of the regions, averaged over the stages.

  Args:
    config: config of the task.
    outputs: for each stage of a cascade `class_outputs` `[b, n, k]` float32
      logits and `class_targets` `[b, n]` int ids; `_1`, `_2` follow the names
      of the later stages. With `of_rows` also `matched_rows`.
    class_weights: see `all_losses`. The weight of the target class multiplies
      the loss of a region; the mean is over all regions, not over the weights.
    of_rows: weighs the regions; see `set_weights.of_rows`.
  """
  suffixes = _stages(config)
  values = [
    losses.class_loss(
      outputs[f'class_outputs{s}'],
      outputs[f'class_targets{s}'],
      class_weights=class_weights,
      binary=config.losses.frcnn_class_use_binary_cross_entropy,
      hardest=config.losses.frcnn_class_loss_top_k_percent,
      weights=set_weights.of_regions(of_rows, outputs, s),
    )
    for s in suffixes
  ]
  return tf.add_n(values) / len(suffixes)


def box_loss(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  of_rows: OfRows | None = None,
) -> tf.Tensor:
  """Returns the scalar box loss of the regions, averaged over the stages.

  Args:
    config: config of the task.
    outputs: for each stage of a cascade `class_targets` `[b, n]` int ids,
      `box_outputs` `[b, n, 4 or 4 * k]` and `box_targets` `[b, n, 4]` float32
      codes; `_1`, `_2` follow the names of the later stages. With `of_rows`
      also `matched_rows`.
    of_rows: weighs the regions; see `set_weights.of_rows`.
  """
  suffixes = _stages(config)
  values = [
    losses.box_loss(
      outputs[f'box_outputs{s}'],
      outputs[f'box_targets{s}'],
      outputs[f'class_targets{s}'],
      delta=config.losses.frcnn_huber_loss_delta,
      weights=set_weights.of_regions(of_rows, outputs, s),
    )
    for s in suffixes
  ]
  return tf.add_n(values) / len(suffixes)


def _stages(config: TaskConfig) -> list[str]:
  """Returns the ends of the names of the outputs of each stage."""
  later = config.model.roi_sampler.cascade_iou_thresholds or ()
  return ['', *(f'_{stage}' for stage in range(1, 1 + len(later)))]


def mask_loss(
  config: TaskConfig,
  outputs: Mapping[str, Any],
  of_rows: OfRows | None = None,
) -> tf.Tensor:
  """Returns the scalar loss of the masks.

  Args:
    config: config of the task.
    outputs: with `mask_outputs` `[b, n, s, s]` float32 logits, `mask_targets`
      `[b, n, s, s]` float32 in [0, 1] and `mask_class_targets` `[b, n]` int
      ids, 0 for the background; with `of_rows` also `mask_matched_rows`.
    of_rows: weighs the regions; see `set_weights.of_rows`.
  """
  classes = outputs['mask_class_targets']
  if config.allowed_mask_class_ids is not None:
    allowed = tf.constant([*config.allowed_mask_class_ids], classes.dtype)
    trained = tf.reduce_any(classes[..., tf.newaxis] == allowed, axis=-1)
    classes = tf.where(trained, classes, 0)
  return losses.mask_loss(
    outputs['mask_outputs'],
    outputs['mask_targets'],
    classes,
    weights=set_weights.of_regions(of_rows, outputs, prefix='mask_'),
  )
