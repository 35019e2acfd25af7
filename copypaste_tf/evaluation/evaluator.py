"""The interface of an evaluator: from a model's outputs to its metrics."""

import abc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np


class Evaluator(abc.ABC):
  """Collects the outputs of a model and computes metrics of them.

  An evaluation calls `reset`, then `add` for each batch of each replica, then,
  if there are several workers, `merge` with the `parts` of all of them, then
  `write` and `metrics`.

  Attributes:
    names: metrics that the line of progress shows, where `metrics` has them.
    headline: the metric that decides which checkpoint is best; higher is
      better, and `metrics` always has it.
    max_detections: number of detections per image that count, by descending
      score; None for no limit.
    output_file: name of the file that `write` makes; None for none.
    lists_categories: `metrics` always has numbers of each class, named
      `METRIC/CLASS`, and they are printed with the others.
    complete: `write` also makes what `metrics` does not need.
  """

  names: Sequence[str]
  headline: str
  max_detections: int | None = None
  output_file: str | None = None
  lists_categories: bool = False
  complete: bool = False

  def prepare(self, source_ids: Iterable[int] = ()) -> None:
    """Reads and checks the ground truth, before anything is evaluated.

    Without this call, `metrics` reads it. An evaluator without files need not
    override this method.

    Args:
      source_ids: ids of some of the images that will be evaluated.

    Raises:
      FileNotFoundError: a file of the ground truth does not exist.
      ValueError: the ground truth is faulty, or lacks one of the images.
    """
    del source_ids

  def notes(self) -> list[str]:
    """Returns what of the ground truth does not count, one sentence each."""
    return []

  @abc.abstractmethod
  def reset(self) -> None:
    """Forgets all outputs; the ground truth may be kept."""

  @abc.abstractmethod
  def add(self, outputs: Mapping[str, np.ndarray]) -> None:
    """Adds the outputs of a replica.

    Args:
      outputs: arrays that `Task.predict` returns for one replica's batch.
    """

  @abc.abstractmethod
  def parts(self) -> Any:
    """Returns the outputs of this worker as data that JSON can hold."""

  @abc.abstractmethod
  def merge(self, parts: Sequence[Any]) -> None:
    """Replaces the outputs of this worker by those of all workers.

    Args:
      parts: the results of `parts`, one per worker, in their order.
    """

  @abc.abstractmethod
  def metrics(self) -> dict[str, float]:
    """Returns the metrics of the outputs by name, `headline` among them."""

  def write(self, folder: str) -> None:
    """Writes the outputs to `output_file`; does nothing if that is None.

    Args:
      folder: existing folder for the file.
    """
    del folder

  def table(self, metrics: Mapping[str, float]) -> str:
    """Formats the metrics as text for people, one per line.

    Args:
      metrics: the result of `metrics`.
    """
    width = 2 + max(map(len, metrics), default=0)
    return '\n'.join(f'{name:{width}}{x:8.3f}' for name, x in metrics.items())
