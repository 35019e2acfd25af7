"""The interface of a form in which a data set is written."""

import abc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from copypaste_tf.augmented.example_records import Origin
from copypaste_tf.augmented.job import Job
from copypaste_tf.records.record import Record

State = Mapping[str, Any]
"""A finished part as JSON: its counts, and facts that `join` needs."""


class Form(abc.ABC):
  """Writes records in parts, and joins the parts to a data set."""

  def __init__(self, job: Job):
    """Writes nothing yet; `job` says where the data set goes."""
    self.job = job

  @property
  @abc.abstractmethod
  def final(self) -> str:
    """Path of the file that lists all examples."""

  @abc.abstractmethod
  def write(
    self, part: int, items: Iterable[tuple[Record, Origin]]
  ) -> dict[str, Any]:
    """Writes the files of a part anew, and returns its state.

    Args:
      part: number of the part.
      items: its examples, which are read once and one by one.
    """

  @abc.abstractmethod
  def join(self, states: Sequence[State]) -> None:
    """Writes `final` and what else describes all parts.

    It is called again after an interruption, until the states are removed.

    Args:
      states: the states of all parts, in their order.
    """
