"""The interface of a product: what task outputs become outside a training."""

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from copypaste_tf.drawing import Color
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.serving.prediction import Prediction

Files = dict[str, Callable[[str], None]]
"""For each file name, a function that writes the file to a given path."""


class Product(abc.ABC):
  """Turns the outputs of a model into files, pictures and reports.

  `Task.makes` names the product of a task. It has no state.

  Attributes:
    label: caption of predictions in a report.
    legend: meaning of the colours of the pictures.
    files: names of the files that `write` makes.
    folders: names of the folders of further files.
  """

  label: ClassVar[str]
  legend: ClassVar[Mapping[str, Color]]
  files: ClassVar[Sequence[str]] = ()
  folders: ClassVar[Sequence[str]] = ()

  @abc.abstractmethod
  def result(self, outputs: Mapping[str, np.ndarray]) -> Any:
    """Returns the result of an image.

    Args:
      outputs: arrays of `Task.predict` for one image: `[1, ...]` each.

    Raises:
      ValueError: a number is not finite.
    """

  @abc.abstractmethod
  def served(
    self, outputs: Mapping[str, tf.Tensor], *, min_score: float
  ) -> dict[str, tf.Tensor]:
    """Returns the outputs of an exported model, each with a batch axis.

    Args:
      outputs: tensors of `Task.predict`.
      min_score: objects with a lower score are left out; a product without
        scores does not read it.
    """

  def filtered(self, result: Any, min_score: float) -> Any:
    """Returns a result without objects of a lower score; by default all."""
    del min_score
    return result

  @abc.abstractmethod
  def summary(self, results: Sequence[Any]) -> str:
    """Returns the number of things in results, such as `12 detections`."""

  @abc.abstractmethod
  def draw(
    self, image: np.ndarray, result: Any, names: Mapping[int, str]
  ) -> np.ndarray:
    """Draws a result over its image.

    Args:
      image: `[h, w, 3]` uint8.
      result: the result of this image.
      names: class names by category id; a category without one shows its id.

    Returns:
      `[h, w, 3]` uint8.
    """

  @abc.abstractmethod
  def write(
    self, predictions: Sequence[Prediction], stems: Mapping[int, str]
  ) -> Files:
    """Returns the files of predictions.

    Args:
      predictions: the predictions.
      stems: name of each image without its suffix, unique, by id.
    """

  @abc.abstractmethod
  def evaluator(self, run: Run) -> Evaluator:
    """Returns the evaluator of a run, filled with the predictions of the run.

    It computes metrics overall and per category.

    Args:
      run: a run that was evaluated.

    Raises:
      FileNotFoundError: the files of the ground truth do not exist.
      ValueError: the predictions are damaged.
    """

  @abc.abstractmethod
  def counts(self, evaluator: Evaluator) -> dict[str, int]:
    """Counts what is annotated of each class name.

    Args:
      evaluator: result of `evaluator`.
    """

  @abc.abstractmethod
  def compare(
    self, run: Run, evaluator: Evaluator, *, min_score: float, limit: int
  ) -> list[Comparison]:
    """Draws ground truth and predictions of the first images.

    Args:
      run: a run that was evaluated.
      evaluator: result of `evaluator`.
      min_score: objects with a lower score are not drawn.
      limit: number of images.
    """
