"""The task: Copy-Paste examples in, Mask R-CNN losses or COCO metrics out."""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from official.core import task_factory
from official.vision.tasks import maskrcnn

from copypaste_tf import augment
from copypaste_tf.evaluation import coco, detections, groundtruth
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.modeling import anchor_targets, build, parts
from copypaste_tf.training import (
  data_config,
  data_files,
  model_losses,
  pipeline,
  restore,
)
from copypaste_tf.training.experiment import TaskConfig

LOSSES = (
  'total_loss',
  'rpn_score_loss',
  'rpn_box_loss',
  'frcnn_cls_loss',
  'frcnn_box_loss',
  'mask_loss',
  'model_loss',
)
STATISTICS = (
  'images_with_paste',
  'objects_available',
  'objects_pasted',
  'objects_not_pasted',
  'objects_removed',
  'boxes_shrunk',
  'instances_clipped',
)
DETECTIONS_FILE = 'detections.json'
_PADDING = -1  # Of Model Garden's ground truth.


@task_factory.register_task_cls(TaskConfig)
class CopyPasteTask(maskrcnn.MaskRCNNTask):
  """Model Garden's Mask R-CNN task with our inputs, targets and metrics."""

  def build_model(self) -> tf_keras.Model:
    """Returns the model with all its variables."""
    model = build.mask_rcnn(self.task_config.model)
    parts.freeze(model, self.task_config.frozen)
    if self.task_config.losses.l2_weight_decay:
      build.decay_weights(model, self.task_config.losses.l2_weight_decay)
    return model

  def initialize(self, model: tf_keras.Model) -> None:
    """Loads what the config takes from another checkpoint."""
    config = self.task_config
    if config.init_checkpoint:
      restore.initialize(
        model, config.init_checkpoint, config.init_checkpoint_modules
      )

  def build_inputs(
    self,
    params: data_config.TrainData | data_config.EvalData,
    input_context: tf.distribute.InputContext | None = None,
    start_step: int = 0,
  ) -> tf.data.Dataset:
    """Returns `TrainScenes` from `start_step` on, or `EvalScenes`."""
    output_size = tuple(self.task_config.model.input_size[:2])
    if isinstance(params, data_config.TrainData):
      return pipeline.train_dataset(
        params, output_size, input_context, start_step
      )
    return pipeline.eval_dataset(params, output_size, input_context)

  def build_metrics(self, training: bool = True) -> list[tf_keras.metrics.Mean]:
    """Returns means of the losses and of what was pasted; none to evaluate."""
    if not training:
      self._evaluation = _Evaluation()
      return []
    names = [*LOSSES, *(f'paste/{name}' for name in STATISTICS)]
    return [tf_keras.metrics.Mean(name, dtype=tf.float32) for name in names]

  def train_step(
    self,
    inputs: TrainScenes,
    model: tf_keras.Model,
    optimizer: tf_keras.optimizers.Optimizer,
    metrics: Sequence[tf_keras.metrics.Metric] | None = None,
  ) -> dict[str, tf.Tensor]:
    """Takes one optimizer step on one replica's `TrainScenes`."""
    metrics = metrics or []
    labels = self._labels(inputs, optimizer.iterations)
    totals = [m for m in metrics if not m.name.startswith('paste/')]
    logs = super().train_step((inputs.image, labels), model, optimizer, totals)
    for metric in metrics:
      if metric.name.startswith('paste/'):
        metric.update_state(inputs.statistics[metric.name[len('paste/') :]])
    return logs

  def _labels(
    self, scenes: TrainScenes, step: tf.Tensor
  ) -> dict[str, tf.Tensor | dict[str, tf.Tensor]]:
    """Builds the label dict of Model Garden's training step, on the device."""
    config = self.task_config
    anchors = self._anchors()
    scores, codes = anchor_targets.rpn_targets(
      anchors,
      scenes.boxes,
      scenes.classes,
      _replica_seed(config.train_data.seed, step),
      **config.anchor_targets.as_dict(),
    )
    batch = tf.shape(scenes.boxes)[0]
    present = scenes.classes > 0
    # Pasted objects may lie outside of the target's own region.
    height, width = config.model.input_size[:2]
    grid = tf.constant([[[0, 0], [height, width]]], tf.float32)
    labels = {
      'anchor_boxes': _repeat(anchors, batch),
      'rpn_score_targets': scores,
      'rpn_box_targets': codes,
      'image_info': tf.tile(grid, [batch, 1, 1]),
      'gt_boxes': tf.where(present[..., tf.newaxis], scenes.boxes, _PADDING),
      'gt_classes': tf.where(present, scenes.classes, _PADDING),
    }
    if config.model.include_mask:
      labels['gt_masks'] = augment.crop_masks(scenes, config.mask_crop_size)
    return labels

  def _anchors(self) -> dict[str, np.ndarray]:
    model = self.task_config.model
    return anchor_targets.pyramid_anchors(
      model.input_size[:2],
      min_level=model.min_level,
      max_level=model.max_level,
      **model.anchor.as_dict(),
    )

  def _build_rpn_losses(self, outputs, labels):
    return model_losses.rpn_losses(self.task_config, outputs, labels)

  def _build_frcnn_losses(self, outputs, labels):
    del labels
    return model_losses.region_losses(self.task_config, outputs)

  def _build_mask_loss(self, outputs):
    return model_losses.mask_loss(self.task_config, outputs)

  def validation_step(
    self,
    inputs: EvalScenes,
    model: tf_keras.Model,
    metrics: Sequence[tf_keras.metrics.Metric] | None = None,
  ) -> dict[str, dict[str, tf.Tensor]]:
    """Detects on one replica's `EvalScenes`; boxes in original pixels."""
    del metrics
    anchors = _repeat(self._anchors(), tf.shape(inputs.image)[0])
    outputs = model(
      inputs.image,
      anchor_boxes=anchors,
      image_shape=tf.cast(inputs.size, tf.float32),
      training=False,
    )
    scale = tf.tile(tf.cast(inputs.scale, tf.float32), [1, 2])
    boxes = tf.cast(outputs['detection_boxes'], tf.float32)
    found = {
      'source_ids': inputs.source_id,
      'original_sizes': inputs.original_size,
      'boxes': boxes / scale[:, tf.newaxis],
      'scores': tf.cast(outputs['detection_scores'], tf.float32),
      'classes': outputs['detection_classes'],
    }
    if 'detection_masks' in outputs:
      found['masks'] = tf.cast(outputs['detection_masks'], tf.float32)
    return {'detections': found}

  def aggregate_logs(
    self,
    state: bool | None = None,
    step_outputs: Mapping[str, Any] | None = None,
  ) -> bool:
    """Collects the detections of all replicas on the host."""
    if state is None:
      self._evaluation.detections = []
    found = step_outputs['detections']
    for replica in range(len(found['source_ids'])):
      arrays = {name: x[replica].numpy() for name, x in found.items()}
      self._evaluation.detections += detections.results(**arrays)
    return True

  def reduce_aggregated_logs(
    self,
    aggregated_logs: bool | None = None,
    global_step: tf.Tensor | None = None,
  ) -> dict[str, float]:
    """Writes the detections and returns the COCO metrics."""
    del aggregated_logs, global_step
    found = self._evaluation.detections
    if self.logging_dir:
      path = os.path.join(self.logging_dir, DETECTIONS_FILE)
      with tf.io.gfile.GFile(path, 'w') as file:
        file.write(json.dumps(found))
    if self._evaluation.groundtruth is None:
      self._evaluation.groundtruth = groundtruth_of(self.task_config)
    masks = ('segm',) if self.task_config.model.include_mask else ()
    return coco.evaluate(
      self._evaluation.groundtruth,
      found,
      iou_types=('bbox', *masks),
      per_category=self.task_config.per_category_metrics,
      # Ids may have gaps, and the model may guess a class that has no label.
      strict_categories=False,
    )


@dataclasses.dataclass
class _Evaluation:
  """What one evaluation gathers; a list of tf.Module would not stay a list."""

  detections: list[dict[str, Any]] = dataclasses.field(default_factory=list)
  groundtruth: dict[str, Any] | None = None


def groundtruth_of(config: TaskConfig) -> dict[str, Any]:
  """Returns what a task is evaluated against, in COCO format.

  Args:
    config: of the task; without an annotation file, the labels of the
      evaluation records count.
  """
  if config.annotation_file:
    return groundtruth.from_annotations(config.annotation_file)
  paths = data_files.expand(config.validation_data.input_path)
  return groundtruth.from_records(paths)


def _repeat(anchors: Mapping[str, np.ndarray], batch: tf.Tensor):
  """Gives every image of the batch its `{level: [h_l, w_l, 4 * a]}` anchors."""
  return {
    level: tf.tile(boxes[np.newaxis], [batch, 1, 1, 1])
    for level, boxes in anchors.items()
  }


def _replica_seed(seed: int, step: tf.Tensor) -> tf.Tensor:
  """Returns a `[2]` int32 seed that no other step or replica has."""
  context = tf.distribute.get_replica_context()
  replica = tf.cast(context.replica_id_in_sync_group, tf.int32)
  step = tf.cast(step, tf.int32) * context.num_replicas_in_sync + replica
  return tf.stack([tf.constant(seed, tf.int32), step])
