"""Runs a trained model outside of a training run."""

import tensorflow as tf
import tf_keras
from official.core import config_definitions as cfg
from official.modeling import performance

from copypaste_tf.config.config_types import ConfigError, Problem
from copypaste_tf.console import saying
from copypaste_tf.inputs import reader
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.tasks import registry
from copypaste_tf.training.checkpoints.restore import restore


def problems(params: cfg.ExperimentConfig, product: str = '') -> list[Problem]:
  """Lists the task of a config if it does not predict what is needed.

  Args:
    params: the config.
    product: the product that the task must make; empty means any.
  """
  task, makers = registry.build(params.task), registry.makers(product)
  if task.name in makers:
    return []
  does = f'makes {product}' if product else 'predicts'
  return [
    Problem(
      'task.name',
      f'expected a task that {does} ({", ".join(makers)}), got {task.name!r}; '
      'choose experiment.task in the recipe',
    )
  ]


class Detector:
  """Runs the model of a checkpoint on one device, as `evaluate` does.

  Args:
    params: the config of the model.
    checkpoint: path prefix of the checkpoint.

  Raises:
    ConfigError: the task of the config predicts nothing.
    ValueError: the checkpoint is damaged or does not fit the model.
  """

  def __init__(self, params: cfg.ExperimentConfig, checkpoint: str):
    for problem in problems(params):
      raise ConfigError(f'{problem.path}: {problem.message}')
    performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
    self._task = registry.build(params.task)
    self._data = params.task.validation_data
    with saying('loading the model'):
      self.model: tf_keras.Model = self._task.build_model()
      restore(self.model, checkpoint)

  @property
  def makes(self) -> str:
    """Name of the product of the task."""
    return self._task.makes

  @property
  def input_size(self) -> tuple[int, int]:
    """Height and width in pixels to which images are fitted."""
    return tuple(self._task.output_size)

  def fit(self, image: tf.Tensor, source_id: tf.Tensor | int = 0) -> EvalScenes:
    """Resizes and pads an image to the input of the model.

    Args:
      image: `[h, w, 3]` uint8 RGB of any size.
      source_id: int64 scalar, the id of the image.

    Returns:
      `EvalScenes` without the batch axis.
    """
    return reader.fit_image(
      image,
      tf.cast(source_id, tf.int64),
      output_size=self._task.output_size,
      dtype=tf.as_dtype(self._data.dtype),
      half_pixel_centers=self._data.half_pixel_centers,
    )

  def detect(self, scenes: EvalScenes) -> dict[str, tf.Tensor]:
    """Runs the model on a batch; can be traced.

    Args:
      scenes: `b` images of `fit`, with a batch axis.

    Returns:
      The outputs of `Task.predict`; for a detector, the arguments of
      `detections.from_batch` as tensors.
    """
    return self._task.predict(scenes, self.model)
