"""A trained model outside of a training run."""

import tensorflow as tf
import tf_keras
from official.core import config_definitions as cfg
from official.modeling import performance

from copypaste_tf.inputs import reader
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.tasks.detection.task import CopyPasteTask
from copypaste_tf.training.checkpoints.restore import restore


class Detector:
  """The model of a checkpoint, on one device, as `evaluate` uses it.

  Args:
    params: the config of the model.
    checkpoint: path prefix of the checkpoint.

  Raises:
    ValueError: the checkpoint is damaged or does not fit the model.
  """

  def __init__(self, params: cfg.ExperimentConfig, checkpoint: str):
    performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
    self._task = CopyPasteTask(params.task)
    self._data = params.task.validation_data
    self._size = tuple(params.task.model.input_size[:2])
    self.model: tf_keras.Model = self._task.build_model()
    restore(self.model, checkpoint)

  def fit(self, image: tf.Tensor, source_id: tf.Tensor | int = 0) -> EvalScenes:
    """Fits an image of `[h, w, 3]` uint8 into the input of the model.

    Args:
      image: of any size.
      source_id: int64 scalar.

    Returns:
      `EvalScenes` without the batch axis.
    """
    return reader.fit_image(
      image,
      tf.cast(source_id, tf.int64),
      output_size=self._size,
      dtype=tf.as_dtype(self._data.dtype),
      half_pixel_centers=self._data.half_pixel_centers,
    )

  def detect(self, scenes: EvalScenes) -> dict[str, tf.Tensor]:
    """Returns the arguments of `evaluation.detections.results`, in a graph."""
    return self._task.validation_step(scenes, self.model)['detections']
