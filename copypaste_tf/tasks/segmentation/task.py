"""The segmentation task: a class for each pixel, measured by mean IoU."""

from collections.abc import Sequence

import tensorflow as tf
import tf_keras

from copypaste_tf.config.config_types import Problem
from copypaste_tf.evaluation.miou_evaluator import MiouEvaluator
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.modeling import build, counting, parts
from copypaste_tf.modeling.segmentation import segmentation
from copypaste_tf.tasks.captions import Captions
from copypaste_tf.tasks.scene_task import SceneTask
from copypaste_tf.tasks.segmentation import (
  captions,
  checks,
  evaluation,
  model_config,
  predictions,
)
from copypaste_tf.tasks.segmentation import labels as train_labels
from copypaste_tf.tasks.segmentation import losses as train_losses
from copypaste_tf.tasks.segmentation.config import SegmentationConfig


class SegmentationTask(SceneTask):
  """Segments images into classes (Zoph et al. 2020; the paper, Table 6)."""

  name = 'segmentation'
  loss_names = train_losses.NAMES
  ranges = checks.RANGES
  makes = 'class_maps'
  reads_class_maps = True
  short_loss_names = {'total_loss': 'loss', 'pixel_loss': 'pixels'}
  model_configurable = 'segmentation_model'
  configurables = {
    'segmentation_model': model_config.segmentation_model,
    'SegmentationConfig': SegmentationConfig,
  }

  @classmethod
  def make_config(cls, weight_decay: float) -> SegmentationConfig:
    """Returns the config of a recipe."""
    return SegmentationConfig(
      model=model_config.segmentation_model(), weight_decay=weight_decay
    )

  @property
  def captions(self) -> Captions:
    """Captions of the loss and of the metrics."""
    return captions.captions(max(self.output_size))

  def checks(self) -> list[Problem]:
    """Lists problems of the config of the model and of the evaluation."""
    return checks.problems(self.config)

  def settings(self) -> dict[str, str]:
    """Returns backbone, feature pyramid and the source of the class maps."""
    class_maps = self.config.train_data.class_maps
    return super().settings() | {'Class maps': class_maps}

  def model_table(self) -> str:
    """Returns parameters and multiply-adds of each part of the model."""
    return counting.table(self._counts())

  def multiply_adds(self, *, training: bool) -> int:
    """Returns the multiply-adds of a forward pass of an image."""
    del training
    return sum(count.multiply_adds for count in self._counts().values())

  def _counts(self) -> dict[str, counting.Count]:
    model = segmentation(self.config.model)
    parts = {'backbone': model.backbone, 'pyramid': model.decoder}
    return counting.count_chain(parts | {'head': model.head}, self.output_size)

  def published_model(self) -> tf_keras.Model:
    """Returns the model with nothing frozen and without weight decay."""
    return segmentation(self.config.model)

  def build_model(self) -> tf_keras.Model:
    """Returns the model with all its variables."""
    model = segmentation(self.config.model)
    parts.freeze(model, self.config.frozen)
    if self.config.weight_decay:
      build.decay_weights(model, self.config.weight_decay)
    return model

  def labels(
    self, examples: TrainScenes, step: tf.Tensor
  ) -> dict[str, tf.Tensor]:
    """Returns the class of each cell; see `labels.labels`."""
    del step
    return train_labels.labels(examples)

  def forward(
    self,
    model: tf_keras.Model,
    examples: TrainScenes,
    labels: dict[str, tf.Tensor],
  ) -> dict[str, tf.Tensor]:
    """Returns the scores of the cells; see `Segmentation.call`."""
    del labels
    return model(examples.image, training=True)

  def losses(
    self,
    outputs: dict[str, tf.Tensor],
    labels: dict[str, tf.Tensor],
    penalties: Sequence[tf.Tensor],
  ) -> dict[str, tf.Tensor]:
    """Returns the losses; see `losses.all_losses`."""
    return train_losses.all_losses(
      outputs['scores'],
      labels['classes'],
      penalties,
      self.config.class_weight_power,
    )

  @tf.autograph.experimental.do_not_convert
  def predict(
    self, inputs: EvalScenes, model: tf_keras.Model
  ) -> dict[str, tf.Tensor]:
    """Returns the scores of the classes; see `predictions.predictions`."""
    return predictions.predictions(
      self.config, lambda x: model(x, training=False)['scores'], inputs
    )

  def evaluator(self) -> MiouEvaluator:
    """Returns an evaluator against the class maps of the records."""
    return evaluation.evaluator(self.config)
