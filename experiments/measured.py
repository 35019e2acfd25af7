"""Gathers the runs of tables: means over seeds, and paired differences."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from . import intervals, measured_run
from .intervals import Interval
from .measured_run import MeasuredRun
from .paper import RESULTS, Number
from .resampled_runs import Resampled, Resampler
from .rows import Cell, Row, Table

FEW = 3
"""Fewer seeds than these allow no claim."""
_USUAL = ('mask_ap', 'box_ap', 'voc07_ap50', 'miou')
_PERCENT = 100


@dataclasses.dataclass(frozen=True)
class Part:
  """The runs of a row at one fraction of the training images.

  Attributes:
    row: the row.
    fraction: part of the training images.
    seeds: the seeds that the row should have.
    runs: the runs that count, by seed.
    resampled: their AP on resampled images, by seed.
    problem: why there is no mean; empty if there is one.
    begun: whether there is any run.
  """

  row: Row
  fraction: float
  seeds: Sequence[int]
  runs: Mapping[int, MeasuredRun]
  resampled: Mapping[int, Resampled]
  problem: str
  begun: bool

  def values(self, metric: str) -> list[float] | None:
    """Returns a metric in percent, by seed; None if a run lacks it."""
    found = [self.runs[s].metrics.get(metric) for s in self.seeds]
    if None in found:
      return None
    return [_PERCENT * value for value in found]

  def categories(self, metric: str) -> dict[str, list[float]]:
    """Returns AP in percent, by seed, of each category that has objects."""
    of_seeds = [self.resampled[s].categories.get(metric) for s in self.seeds]
    if not all(of_seeds):
      return {}
    return {
      name: [_PERCENT * found[name] for found in of_seeds]
      for name in of_seeds[0]
    }

  @property
  def published(self) -> Mapping[str, Number]:
    """The published numbers of the row, or of the row that it is a form of."""
    return RESULTS.get(self.row.expected or self.row.form_of, {})


@dataclasses.dataclass(frozen=True)
class Difference:
  """What a row gains over the row that it is compared with.

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
    """Whether both intervals exclude 0, with enough seeds for a claim."""
    both = self.over_seeds, self.over_images
    return len(self.values) >= FEW and all(x and x.excludes_zero for x in both)


class Reader:
  """Reads the cells of tables; rows that share runs read them once."""

  def __init__(self, folder: str, resampler: Resampler):
    """Starts without runs.

    Args:
      folder: folder of all runs.
      resampler: measures on resampled images.
    """
    self._folder, self._resampler = folder, resampler
    self._cells: dict[str, tuple[MeasuredRun | str, Resampled | None]] = {}

  def parts(self, table: Table, seeds: Sequence[int] = ()) -> list[Part]:
    """Returns each row of a table at each of its fractions.

    Args:
      table: the table.
      seeds: seeds in place of those of the rows.
    """
    return [
      self._part(row, fraction, seeds or planned)
      for row in table.rows
      for fraction, planned in row.seeds.items()
    ]

  def _part(self, row: Row, fraction: float, seeds: Sequence[int]) -> Part:
    found = {s: self._cell(Cell(row, fraction, s).path) for s in seeds}
    runs = {s: run for s, (run, _) in found.items() if not _fault(run)}
    faults = {s: _fault(run) for s, (run, _) in found.items()}
    problem = _joined(faults)
    if not problem:
      problem = '; '.join(measured_run.changes([*runs.values()]))
    return Part(
      row=row,
      fraction=fraction,
      seeds=tuple(seeds),
      runs=runs,
      resampled={s: found[s][1] for s in runs},
      problem=problem,
      begun=any(run != measured_run.NOT_BEGUN for run, _ in found.values()),
    )

  def _cell(self, path: str):
    if path not in self._cells:
      run = measured_run.read(os.path.join(self._folder, path))
      resampled = None
      if not _fault(run):
        resampled = self._resampler.measure(run)
        # The detections are most of a run, and not needed again.
        run = dataclasses.replace(run, run=run.run._replace(detections=None))
      self._cells[path] = run, resampled
    return self._cells[path]


def _fault(run: MeasuredRun | str) -> str:
  return run if isinstance(run, str) else run.problem


def _joined(faults: Mapping[int, str]) -> str:
  """Joins the faults of seeds; seeds with the same fault share a sentence."""
  seeds: dict[str, list[str]] = {}
  for seed, fault in faults.items():
    if fault:
      seeds.setdefault(fault, []).append(str(seed))
  return '; '.join(
    f'seed{"s" * (len(found) > 1)} {", ".join(found)}: {fault}'
    for fault, found in seeds.items()
  )


def metrics(parts: Sequence[Part]) -> list[str]:
  """Returns the metrics of a table, the one that decides first.

  Args:
    parts: the parts of the table.
  """
  measured = {
    name for p in parts for run in p.runs.values() for name in run.metrics
  }
  published = [name for part in parts for name in part.published]
  return [x for x in dict.fromkeys([*_USUAL, *published]) if x in measured]


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
    problem = '; '.join(measured_run.differences(runs))
  if not problem and not (part.values(metric) and base.values(metric)):
    problem = 'not measured'
  if problem:
    return Difference(part, base, metric, problem)
  arms = [
    [_PERCENT * p.runs[s].metrics[metric] for s in seeds] for p in (part, base)
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
  return _PERCENT * np.mean(found, 0), ''


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
  if len(one) < FEW or not (np.std(one) and np.std(other)):
    return None
  return float(np.corrcoef(one, other)[0, 1])
