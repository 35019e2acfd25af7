"""Decides which scores make a label, by class."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from copypaste_tf.evaluation import groundtruth

DEFAULT = 0.5
"""The score of Zoph et al., Rethinking Pre-training and Self-training, 2020."""
_DEFAULT, _CLASSES = 'default', 'classes'


@dataclasses.dataclass(frozen=True)
class Thresholds:
  """Minimum scores of labels, by class.

  A label needs a score of at least the threshold of its class. Scores and
  thresholds are compared as float32, the type of scores in records.

  Attributes:
    default: threshold of the classes that `per_class` leaves out, in [0, 1].
    per_class: thresholds by category id, in [0, 1].
  """

  default: float = DEFAULT
  per_class: Mapping[int, float] = dataclasses.field(default_factory=dict)

  def __post_init__(self):
    """Raises ValueError for an id below 1 or a number outside of [0, 1]."""
    _check(self.default, _DEFAULT)
    for number, threshold in self.per_class.items():
      if not isinstance(number, int) or number < 1:
        raise ValueError(f'expected a category id of at least 1, got {number}')
      _check(threshold, f'class {number}')

  def of(self, class_ids: np.ndarray) -> np.ndarray:
    """Returns the thresholds of classes.

    Args:
      class_ids: integers of any shape.

    Returns:
      float32 of the same shape.
    """
    found = np.full(np.shape(class_ids), self.default, np.float32)
    if self.per_class:
      ids, listed = map(
        np.array, zip(*sorted(self.per_class.items()), strict=True)
      )
      places = np.minimum(np.searchsorted(ids, class_ids), len(ids) - 1)
      has_own = ids[places] == class_ids
      found[has_own] = listed[places[has_own]]
    return found

  def keep(self, class_ids: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Tells which detections are labels.

    Args:
      class_ids: integers of any shape.
      scores: floats of the same shape.

    Returns:
      Bool of the same shape; false for a score that is no number.
    """
    return np.asarray(scores, np.float32) >= self.of(class_ids)

  def as_dict(self) -> dict[str, Any]:
    """Returns what JSON can hold and `load` reads."""
    classes = sorted(self.per_class.items())
    return {
      _DEFAULT: self.default,
      _CLASSES: {str(number): threshold for number, threshold in classes},
    }


def load(path: str | os.PathLike) -> Thresholds:
  """Reads a JSON file such as `{"default": 0.5, "classes": {"3": 0.35}}`.

  Both keys may be missing.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file is not of this form. The message names it.
  """
  content = groundtruth.read_json(path)
  try:
    return from_dict(content)
  except ValueError as error:
    raise ValueError(f'{path}: {error}') from error


def from_dict(content: Any) -> Thresholds:
  """Restores thresholds from the data of `Thresholds.as_dict`.

  Raises:
    ValueError: the data are of another form.
  """
  if not isinstance(content, dict) or content.keys() - {_DEFAULT, _CLASSES}:
    got = sorted(content) if isinstance(content, dict) else content
    raise ValueError(
      f'expected thresholds such as {{"{_DEFAULT}": 0.5, "{_CLASSES}": '
      f'{{"3": 0.35}}}}, by category id, got {str(got)[:200]}'
    )
  classes = content.get(_CLASSES, {})
  if not isinstance(classes, dict):
    raise ValueError(
      f'{_CLASSES}: expected thresholds by category id, got {classes!r}'
    )
  return Thresholds(
    content.get(_DEFAULT, DEFAULT),
    {_category(key): value for key, value in classes.items()},
  )


def _category(key: str) -> int:
  if not key.isdecimal():
    raise ValueError(f'{_CLASSES}: expected a category id, got {key!r}')
  return int(key)


def _check(threshold: Any, name: str) -> None:
  # A bool is an int; a comparison with NaN is false.
  number = isinstance(threshold, int | float) and threshold is not True
  if not number or not 0 <= threshold <= 1:
    raise ValueError(f'{name}: expected a score from 0 to 1, got {threshold!r}')
