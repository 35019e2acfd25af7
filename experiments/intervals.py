"""Intervals of means over seeds, and of resampled values."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

CONFIDENCE = 0.95


class Interval(NamedTuple):
  """The limits of an interval."""

  low: float
  high: float

  @property
  def excludes_zero(self) -> bool:
    """True if both limits are on one side of 0."""
    return self.low > 0 or self.high < 0


def over_seeds(values: Sequence[float]) -> Interval | None:
  """Returns the interval of a mean by Student's t; None for one value.

  Args:
    values: n values of independent runs, such as differences of pairs.
  """
  if len(values) < 2:
    return None
  quantile = special.stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)
  half = quantile * np.std(values, ddof=1) / np.sqrt(len(values))
  return Interval(float(np.mean(values) - half), float(np.mean(values) + half))


def of_draws(values: np.ndarray) -> Interval | None:
  """Returns the interval that holds the middle of resampled values.

  Args:
    values: `[b]` one value for each draw. NaN, where a draw has no object, is
      left out.

  Returns:
    The interval; None without a value.
  """
  values = values[~np.isnan(values)]
  if not values.size:
    return None
  tail = 100 * (1 - CONFIDENCE) / 2
  return Interval(*map(float, np.percentile(values, [tail, 100 - tail])))
