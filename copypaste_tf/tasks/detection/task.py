"""The detection task: Mask R-CNN, trained with Copy-Paste, and COCO AP."""

import functools
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from copypaste_tf.config.config_types import Problem
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.modeling import build, parts
from copypaste_tf.tasks.captions import Captions
from copypaste_tf.tasks.detection import (
  boxes_alone,
  captions,
  class_balance,
  evaluation,
  loss_weights,
  model_checks,
  model_config,
  model_table,
  predictions,
  set_weights,
)
from copypaste_tf.tasks.detection import labels as train_labels
from copypaste_tf.tasks.detection import losses as train_losses
from copypaste_tf.tasks.detection.config import (
  AnchorTargets,
  ClassBalance,
  TaskConfig,
)
from copypaste_tf.tasks.scene_task import SceneTask


class DetectionTask(SceneTask):
  """Detects and segments instances with (Cascade) Mask R-CNN."""

  name = 'detection'
  loss_names = train_losses.NAMES
  ranges = model_checks.RANGES
  makes = 'detections'
  short_loss_names = {
    'total_loss': 'loss',
    'rpn_score_loss': 'rpn',
    'frcnn_cls_loss': 'class',
    'frcnn_box_loss': 'box',
    'mask_loss': 'mask',
  }
  configurables = {
    'model': model_config.model,
    'TaskConfig': TaskConfig,
    'AnchorTargets': AnchorTargets,
    'ClassBalance': ClassBalance,
    'loss_weights': loss_weights.loss_weights,
  }

  @classmethod
  def make_config(cls, weight_decay: float) -> TaskConfig:
    """Returns the config of a recipe."""
    losses = loss_weights.loss_weights()
    losses.l2_weight_decay = weight_decay
    return TaskConfig(model=model_config.model(), losses=losses)

  @property
  def captions(self) -> Captions:
    """Captions of the losses, and of the metrics that are measured."""
    return captions.captions(
      self.config.evaluation, evaluation.iou_types(self.config)
    )

  @property
  def computed_losses(self) -> Sequence[str]:
    """The losses, without those of weight 0, and the loss of each set."""
    absent = {*train_losses.NAMES[1:-1]} - {*train_losses.weights(self.config)}
    computed = [name for name in self.loss_names if name not in absent]
    return computed + set_weights.loss_names(self.config.train_data)

  def notes(self) -> list[str]:
    """Returns notes on the weights of the classes and on the protocol."""
    notes = evaluation.notes(self.config)
    if self._balance is None:
      return notes
    balance = class_balance.describe(self._balance, self.config.class_balance)
    return [balance, *notes]

  def derived(self) -> dict[str, Any]:
    """Returns the weights of the classes, if they depend on the data."""
    return {'class_weights.json': self._balance} if self._balance else {}

  @functools.cached_property
  def _balance(self) -> dict[str, list[float]] | None:
    return class_balance.resolve(self.config)

  def checks(self) -> list[Problem]:
    """Lists problems of the config of the model and of the evaluation."""
    return [
      *model_checks.problems(self.config),
      *set_weights.problems(self.config),
      *evaluation.problems(self.config),
      *boxes_alone.problems(self.config),
    ]

  def model_table(self) -> str:
    """Returns parameters and multiply-adds of each part of the model."""
    return model_table.table(self.config.model)

  def multiply_adds(self, *, training: bool) -> int:
    """Returns the multiply-adds of a forward pass of an image."""
    return model_table.multiply_adds(self.config.model, training=training)

  def published_model(self) -> tf_keras.Model:
    """Returns the model with nothing frozen and without weight decay."""
    return build.mask_rcnn(self.config.model)

  def build_model(self) -> tf_keras.Model:
    """Returns the model with all its variables."""
    config = self.config
    detector = build.mask_rcnn(
      config.model, sample_padding=config.sample_padding
    )
    parts.freeze(detector, config.frozen)
    if config.losses.l2_weight_decay:
      build.decay_weights(detector, config.losses.l2_weight_decay)
    set_weights.add_means(detector, config)
    return detector

  def labels(self, examples: TrainScenes, step: tf.Tensor) -> dict[str, Any]:
    """Returns the ground truth and the anchor targets; see `labels.labels`."""
    return train_labels.labels(self.config, examples, step)

  def forward(
    self, model: tf_keras.Model, examples: TrainScenes, labels: dict[str, Any]
  ) -> dict[str, Any]:
    """Returns the outputs of the model in training mode; see the base class."""
    objects = [name for name in labels if name.startswith('gt_')]
    outputs = model(
      examples.image,
      image_shape=labels['image_info'][:, 1, :],
      training=True,
      **{name: labels[name] for name in objects},
    )
    if 'set_terms' in labels:
      outputs['set_weights'] = set_weights.table(model, self.config)
    return outputs

  def losses(
    self,
    outputs: dict[str, Any],
    labels: dict[str, Any],
    penalties: Sequence[tf.Tensor],
  ) -> dict[str, tf.Tensor]:
    """Returns the losses; see `losses.all_losses`."""
    config = self.config
    weights = config.losses.class_weights
    if self._balance:
      weights = self._balance['weights']
    return train_losses.all_losses(config, outputs, labels, penalties, weights)

  def after_step(
    self, model: tf_keras.Model, values: dict[str, tf.Tensor]
  ) -> None:
    """Updates the means of `loss_normalization`; see `set_weights`."""
    set_weights.update_means(model, self.config, values)

  @tf.autograph.experimental.do_not_convert
  def predict(
    self, inputs: EvalScenes, model: tf_keras.Model
  ) -> dict[str, tf.Tensor]:
    """Returns detections; see `predictions.predictions`."""
    outputs = model(
      inputs.image,
      image_shape=tf.cast(inputs.size, tf.float32),
      training=False,
    )
    return predictions.predictions(outputs, inputs)

  def evaluator(self) -> DetectionEvaluator:
    """Returns an evaluator against the labels that the config names."""
    return evaluation.evaluator(self.config)
