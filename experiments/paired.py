"""Compares the runs of two rows, seed by seed and image by image."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from . import intervals, measured_run, measured_start
from .intervals import Interval
from .measured import PERCENT, Part, metrics

FEW = 3
"""Fewer seeds than these allow no claim."""


@dataclasses.dataclass(frozen=True)
class Difference:
  """The gain of a row over the row that it is compared with.

  Attributes:
    part: the row and fraction.
    base: the other row at the same fraction.
    metric: name of the metric.
    problem: why there is no difference; empty if there is one.
    values: differences in percent, by seed.
    over_seeds: interval of their mean over seeds; None for one seed.
    over_images: interval of their mean over resampled validation images.
    note: why there is no interval over images.
    correlation: of the two arms over the seeds; None for few seeds.
  """

  part: Part
  base: Part
  metric: str
  problem: str = ''
  values: Sequence[float] = ()
  over_seeds: Interval | None = None
  over_images: Interval | None = None
  note: str = ''
  correlation: float | None = None

  @property
  def is_clear(self) -> bool:
    """True if both intervals exclude 0, with enough seeds for a claim."""
    both = self.over_seeds, self.over_images
    return len(self.values) >= FEW and all(x and x.excludes_zero for x in both)


def differences(parts: Sequence[Part]) -> Iterator[Difference]:
  """Yields the differences of each row, by metric.

  Args:
    parts: the parts of one table.
  """
  known = {(part.row.id, part.fraction): part for part in parts}
  for metric in metrics(parts):
    for part in parts:
      base = known.get((part.row.against, part.fraction))
      if base and part.begun and base.begun:
        yield _difference(part, base, metric)


def _difference(part: Part, base: Part, metric: str) -> Difference:
  problem = part.problem or base.problem
  seeds = [s for s in part.seeds if s in base.seeds]
  if not problem and not seeds:
    problem = 'no seed in common'
  if not problem:
    runs = [p.runs[s] for p in (part, base) for s in seeds]
    sources = {(p.row.recipe, p.row.data) for p in (part, base)}
    same = len(sources) == 1
    starts = {measured_start.named(p.row) for p in (part, base)}
    problem = '; '.join(
      measured_run.differences(
        runs, same_records=same, same_start=len(starts) == 1
      )
    )
  if not problem and not (part.values(metric) and base.values(metric)):
    problem = 'not measured'
  if problem:
    return Difference(part, base, metric, problem)
  arms = [
    [PERCENT * p.runs[s].metrics[metric] for s in seeds] for p in (part, base)
  ]
  values = np.subtract(*arms)
  draws, note = _draws(part, base, metric, seeds)
  return Difference(
    part=part,
    base=base,
    metric=metric,
    values=values.tolist(),
    over_seeds=intervals.over_seeds(values),
    over_images=None if draws is None else intervals.of_draws(draws),
    note=note,
    correlation=_correlation(*arms),
  )


def _draws(part, base, metric, seeds) -> tuple[np.ndarray | None, str]:
  """Returns the mean difference on each draw, or why there is none."""
  found = []
  for seed in seeds:
    pair = part.resampled[seed], base.resampled[seed]
    if any(metric not in resampled.ap for resampled in pair):
      return None, pair[0].note or pair[1].note
    found.append(pair[0].ap[metric] - pair[1].ap[metric])
  return PERCENT * np.mean(found, 0), ''


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
  if len(one) < FEW or not (np.std(one) and np.std(other)):
    return None
  return float(np.corrcoef(one, other)[0, 1])
