"""The interface of an evaluator: from a model's outputs to its metrics."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Evaluator(abc.ABC):
  """Collects the outputs of an evaluation, and measures them.

  An evaluation calls `reset`, then `add` for each batch of each replica, then
  `merge` with the `parts` of all workers, then `write` and `metrics`.

  Attributes:
    names: metrics that a line of progress shows, if they are there.
    headline: metric of every evaluation that decides which checkpoint is best;
      more is better.
    max_detections: detections of an image that count, by falling score; None
      where there is no such limit.
    output_file: name of the file that `write` makes; None for none.
  """

  names: Sequence[str]
  headline: str
  max_detections: int | None = None
  output_file: str | None = None

  @abc.abstractmethod
  def reset(self) -> None:
    """Forgets all outputs; the ground truth may be kept."""

  @abc.abstractmethod
  def add(self, outputs: Mapping[str, np.ndarray]) -> None:
    """Adds the outputs of a replica.

    Args:
      outputs: those of `Task.predict` for one batch of one replica, as arrays.
    """

  @abc.abstractmethod
  def parts(self) -> Any:
    """Returns the outputs of this worker as JSON can hold them."""

  @abc.abstractmethod
  def merge(self, parts: Sequence[Any]) -> None:
    """Replaces the outputs by those of all workers.

    Args:
      parts: of each worker, in their order.
    """

  @abc.abstractmethod
  def metrics(self) -> dict[str, float]:
    """Returns the metrics of the outputs by name, `headline` among them."""

  def write(self, folder: str) -> None:
    """Writes the outputs to `output_file` in a folder, if there is such.

    Args:
      folder: an existing one.
    """
    del folder

  def table(self, metrics: Mapping[str, float]) -> str:
    """Returns the metrics as text for a person, a line each.

    Args:
      metrics: of `metrics`.
    """
    width = 2 + max(map(len, metrics), default=0)
    return '\n'.join(f'{name:{width}}{x:8.3f}' for name, x in metrics.items())
