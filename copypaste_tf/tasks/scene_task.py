"""The inputs of tasks that train on augmented scenes."""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from copypaste_tf.examples import RawScenes, TrainScenes
from copypaste_tf.inputs import data_config, pipeline, scene_batches
from copypaste_tf.tasks import statistics
from copypaste_tf.tasks.task import Task


class SceneTask(Task):
  """Reads `TrainScenes` and `EvalScenes` for a model of any kind.

  The config of the task states the model's `input_size`, `num_classes`,
  `backbone`, `decoder` and `norm_activation`, as those of Model Garden do.
  """

  @property
  def output_size(self) -> tuple[int, int]:
    """Height and width of the canvas in pixels."""
    height, width, *_ = self.config.model.input_size
    return height, width

  @property
  def num_classes(self) -> int:
    """Largest category id plus one; 0 is the background."""
    return self.config.model.num_classes

  @property
  def synchronized_norm(self) -> bool:
    """True if batch normalisation covers all replicas."""
    return self.config.model.norm_activation.use_sync_bn

  def settings(self) -> dict[str, str]:
    """Returns the backbone and the feature pyramid."""
    backbone = self.config.model.backbone
    size = getattr(backbone.get(), 'model_id', '')
    return {
      'Backbone': f'{backbone.type} {size}'.strip(),
      'Decoder': str(self.config.model.decoder.type),
    }

  @property
  def statistic_names(self) -> Sequence[str]:
    """Statistics of Copy-Paste in all images, and in those of each set."""
    return statistics.names(self.config.train_data)

  def train_inputs(
    self,
    data: data_config.TrainData,
    input_context: tf.distribute.InputContext | None = None,
    start_step: int = 0,
  ) -> tf.data.Dataset:
    """Returns `TrainScenes`, or `RawScenes` if the device augments."""
    return pipeline.train_dataset(
      data, self.output_size, input_context, start_step
    )

  def eval_inputs(
    self,
    data: data_config.EvalData,
    input_context: tf.distribute.InputContext | None = None,
  ) -> tf.data.Dataset:
    """Returns `EvalScenes`."""
    return pipeline.eval_dataset(data, self.output_size, input_context)

  def prepare(self, inputs: TrainScenes | RawScenes) -> TrainScenes:
    """Augments the scenes, unless the host has augmented them."""
    if isinstance(inputs, RawScenes):
      return self.augmentation(inputs)
    return inputs

  @functools.cached_property
  def augmentation(self) -> Callable[[RawScenes], TrainScenes]:
    """The augmentation of a batch on the device."""
    return scene_batches.compiled_augment(
      output_size=self.output_size,
      form=scene_batches.form_on_devices(),
      **pipeline.augment_knobs(self.config.train_data),
    )

  def statistics(self, examples: TrainScenes) -> dict[str, tf.Tensor]:
    """Returns the statistics of Copy-Paste, float32 `[b]` each."""
    return statistics.values(self.config.train_data, examples)
