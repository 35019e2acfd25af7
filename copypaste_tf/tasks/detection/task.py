"""The task: Copy-Paste examples in, Mask R-CNN losses or COCO metrics out."""

import dataclasses
import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tf_keras
from official.core import config_definitions as cfg
from official.core import task_factory
from official.modeling import optimization
from official.vision.tasks import maskrcnn

from copypaste_tf.evaluation import coco, detections, groundtruth
from copypaste_tf.examples import RawScenes, TrainScenes
from copypaste_tf.inputs import data_config, data_files, pipeline, scene_batches
from copypaste_tf.inputs.decode import NO_IMAGE, EvalScenes
from copypaste_tf.modeling import build, parts
from copypaste_tf.tasks.detection import labels as train_labels
from copypaste_tf.tasks.detection import losses
from copypaste_tf.training.checkpoints import restore
from copypaste_tf.training.config.experiment import TaskConfig
from copypaste_tf.training.loop import accumulation, averaging
from copypaste_tf.training.run import workers

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
  'images_shrunk',
)
DETECTIONS_FILE = 'detections.json'


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

  @classmethod
  def create_optimizer(
    cls,
    optimizer_config: optimization.OptimizationConfig,
    runtime_config: cfg.RuntimeConfig | None = None,
  ) -> tf_keras.optimizers.Optimizer:
    """Returns the optimizer; around it the moving average, if there is one."""
    average = optimizer_config.ema
    optimizer = super().create_optimizer(
      optimizer_config.replace(ema=None), runtime_config
    )
    if average is None:
      return optimizer
    return averaging.Averaged(optimizer, **average.as_dict())

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
    """Returns what `train_step` takes from `start_step` on, or `EvalScenes`."""
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

  # AutoGraph has nothing to convert, and takes seconds to find out.
  @tf.autograph.experimental.do_not_convert
  def train_step(
    self,
    inputs: TrainScenes | RawScenes,
    model: tf_keras.Model,
    optimizer: tf_keras.optimizers.Optimizer,
    metrics: Sequence[tf_keras.metrics.Metric] | None = None,
  ) -> dict[str, tf.Tensor]:
    """Takes one optimizer step on one replica's batch."""
    metrics = metrics or []
    if isinstance(inputs, RawScenes):
      inputs = self._augmentation(inputs)
    totals = [m for m in metrics if not m.name.startswith('paste/')]
    learn = super().train_step

    def step(scenes, number, optimizer):
      targets = train_labels.labels(self.task_config, scenes, number)
      return learn((scenes.image, targets), model, optimizer, totals)[self.loss]

    parts = self.task_config.micro_batches
    if parts == 1:
      loss = step(inputs, optimizer.iterations, optimizer)
    else:
      loss = accumulation.train_step(
        step, inputs, model.trainable_variables, optimizer, parts
      )
    for metric in metrics:
      if metric.name.startswith('paste/'):
        metric.update_state(inputs.statistics[metric.name[len('paste/') :]])
    return {self.loss: loss}

  @functools.cached_property
  def _augmentation(self) -> Callable[[RawScenes], TrainScenes]:
    """The augmentation as a part of the training step."""
    config = self.task_config
    return scene_batches.compiled_augment(
      output_size=tuple(config.model.input_size[:2]),
      **pipeline.augment_knobs(config.train_data),
    )

  def _build_rpn_losses(self, outputs, labels):
    return losses.rpn_losses(self.task_config, outputs, labels)

  def _build_frcnn_losses(self, outputs, labels):
    del labels
    return losses.region_losses(self.task_config, outputs)

  def _build_mask_loss(self, outputs):
    return losses.mask_loss(self.task_config, outputs)

  @tf.autograph.experimental.do_not_convert
  def validation_step(
    self,
    inputs: EvalScenes,
    model: tf_keras.Model,
    metrics: Sequence[tf_keras.metrics.Metric] | None = None,
  ) -> dict[str, dict[str, tf.Tensor]]:
    """Detects on one replica's `EvalScenes`; boxes in original pixels."""
    del metrics
    batch = tf.shape(inputs.image)[0]
    outputs = model(
      inputs.image,
      anchor_boxes=train_labels.repeated_anchors(self.task_config, batch),
      image_shape=tf.cast(inputs.size, tf.float32),
      training=False,
    )
    scale = tf.tile(tf.cast(inputs.scale, tf.float32), [1, 2])
    boxes = tf.cast(outputs['detection_boxes'], tf.float32)
    blank = (inputs.source_id == NO_IMAGE)[:, tf.newaxis]
    found = {
      'source_ids': inputs.source_id,
      'original_sizes': inputs.original_size,
      'boxes': boxes / scale[:, tf.newaxis],
      'scores': tf.cast(outputs['detection_scores'], tf.float32),
      # Of class 0 is padding.
      'classes': tf.where(blank, 0, outputs['detection_classes']),
    }
    if 'detection_masks' in outputs:
      found['masks'] = tf.cast(outputs['detection_masks'], tf.float32)
    return {'detections': found}

  def aggregate_logs(
    self,
    state: bool | None = None,
    step_outputs: Mapping[str, Any] | None = None,
  ) -> bool:
    """Collects the detections of the replicas of this worker on the host."""
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
    """Writes the detections of all workers and returns the COCO metrics."""
    del aggregated_logs, global_step
    parts = workers.from_all(
      tf.distribute.get_strategy(), self._evaluation.detections
    )
    found = [result for part in parts for result in part]
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
