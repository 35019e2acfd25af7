"""Builds the labels of a training step on the device."""

import tensorflow as tf

from copypaste_tf.examples import Regions, TrainScenes
from copypaste_tf.inputs import record_sets
from copypaste_tf.modeling.regions.mask_targets import PlaneMasks
from copypaste_tf.modeling.rpn import anchor_targets, anchors
from copypaste_tf.tasks.detection import losses, set_weights
from copypaste_tf.tasks.detection.config import TaskConfig

_PADDING = -1  # Marks rows of the ground truth without an object.


def labels(
  config: TaskConfig, scenes: TrainScenes, step: tf.Tensor
) -> dict[str, tf.Tensor | dict[str, tf.Tensor] | PlaneMasks | Regions]:
  """Builds the ground truth and the anchor targets of a batch.

  Args:
    config: config of the task.
    scenes: batch of `b` examples of one replica, `m` label rows each.
    step: integer scalar; each step samples different anchors.

  Returns:
    A dict without the targets of losses that are not computed:
    * `image_info`: `[b, 2, 2]` float32; the second row is the height and width
      of the canvas in pixels;
    * `gt_boxes`: `[b, m, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels, -1
      in rows without an object;
    * `gt_classes`: `[b, m]` int32, -1 in rows without an object;
    * `gt_masks`: the `PlaneMasks` of the batch;
    * `gt_ignored`: the `Regions` to ignore, if the scenes have any;
    * `rpn_score_targets`: `{level: [b, h_l, w_l, a]}` int32, 1 object, 0
      background, -1 not sampled;
    * `rpn_box_targets`: `{level: [b, h_l, w_l, 4 * a]}` float32 box codes;
    * if the record sets are told apart, or labels weigh differently,
      `set_terms`, see `set_weights.terms`, and `rpn_rows`,
      `{level: [b, h_l, w_l, a]}` int32 rows of the positive anchors' objects,
      -1 for other anchors.
  """
  computed = losses.weights(config)
  weighed = set_weights.are_needed(config.train_data)
  batch = tf.shape(scenes.boxes)[0]
  present = scenes.classes > 0
  # The whole canvas is valid: pasted objects may lie outside of the target.
  height, width = config.model.input_size[:2]
  grid = tf.constant([[[0, 0], [height, width]]], tf.float32)
  targets = {
    'image_info': tf.tile(grid, [batch, 1, 1]),
    'gt_boxes': tf.where(present[..., tf.newaxis], scenes.boxes, _PADDING),
    'gt_classes': tf.where(present, scenes.classes, _PADDING),
  }
  if 'rpn_score_loss' in computed or 'rpn_box_loss' in computed:
    scores, codes, rows = _rpn_targets(config, scenes, step)
    targets |= {'rpn_score_targets': scores, 'rpn_box_targets': codes}
    if weighed:
      targets['rpn_rows'] = rows
  if 'mask_loss' in computed:
    targets['gt_masks'] = PlaneMasks(scenes, config.mask_crop_size)
  if isinstance(scenes.regions, Regions):
    targets['gt_ignored'] = scenes.regions
  if weighed:
    told_apart = record_sets.are_told_apart(config.train_data)
    targets['set_terms'] = set_weights.terms(scenes, told_apart=told_apart)
  return targets


def _rpn_targets(config, scenes, step):
  return anchor_targets.rpn_targets(
    pyramid_anchors(config),
    scenes.boxes,
    scenes.classes,
    _replica_seed(config.train_data.seed, step),
    **config.anchor_targets.as_dict(),
    regions=scenes.regions,
  )


def pyramid_anchors(config: TaskConfig) -> dict[str, anchors.LevelAnchors]:
  """Returns the anchors by level.

  Args:
    config: config of the task.
  """
  model = config.model
  return anchors.pyramid_anchors(
    model.input_size[:2],
    min_level=model.min_level,
    max_level=model.max_level,
    **model.anchor.as_dict(),
  )


def _replica_seed(seed: int, step: tf.Tensor) -> tf.Tensor:
  """Returns a `[2]` int32 seed, unique to this step and replica."""
  context = tf.distribute.get_replica_context()
  replica = tf.cast(context.replica_id_in_sync_group, tf.int32)
  step = tf.cast(step, tf.int32) * context.num_replicas_in_sync + replica
  return tf.stack([tf.constant(seed, tf.int32), step])
