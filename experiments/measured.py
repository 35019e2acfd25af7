"""Gathers the runs of tables by row and fraction."""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import cells, measured_run, tables
from .measured_run import MeasuredRun
from .paper import RESULTS, Number
from .resampled_runs import Resampled, Resampler
from .rows import Cell, Row, Table

_USUAL = ('mask_ap', 'box_ap', 'voc07_ap50', 'miou')
PERCENT = 100
"""AP is in [0, 1] in the files of a run, and in percent here."""


@dataclasses.dataclass(frozen=True)
class Part:
  """The runs of a row at one fraction of the training images.

  Attributes:
    row: the row.
    fraction: fraction of the training images, in (0, 1].
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
    return [PERCENT * value for value in found]

  def categories(
    self, metric: str, seeds: Sequence[int] = ()
  ) -> dict[str, list[float]]:
    """Returns AP in percent, by seed, of each category that has objects.

    Args:
      metric: an AP.
      seeds: some of the seeds; all by default.
    """
    found = [self.resampled.get(s) for s in seeds or self.seeds]
    of_seeds = [x.categories.get(metric) if x else None for x in found]
    if not all(of_seeds):
      return {}
    return {
      name: [PERCENT * by_name[name] for by_name in of_seeds]
      for name in of_seeds[0]
    }

  @property
  def published(self) -> Mapping[str, Number]:
    """The published numbers of the row, or of the row that it is a form of."""
    return RESULTS.get(self.row.expected or self.row.form_of, {})


class Reader:
  """Reads the cells of tables; rows that share runs read them once."""

  def __init__(
    self,
    folder: str,
    resampler: Resampler,
    show: Callable[[str], Any] = lambda _: None,
  ):
    """Starts without runs.

    Args:
      folder: folder of all runs.
      resampler: measures on resampled images.
      show: gets the path of each finished run, before seconds of work on it.
    """
    self._folder, self._resampler, self._show = folder, resampler, show
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
    found = {s: self._cell(Cell(row, fraction, s)) for s in seeds}
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

  def _cell(self, cell: Cell):
    if cell.path not in self._cells:
      folder = os.path.join(self._folder, cell.path)
      lines = cell.row.lines(cell.fraction, cell.seed)
      command = cells.command(folder, cell.row.recipe, lines)
      first = tables.start_of(cell)
      run = measured_run.read(folder, command, first.path if first else '')
      resampled = None
      if not _fault(run):
        self._show(cell.path)
        resampled = self._resampler.measure(run)
        # Predictions are most of a run, and not needed again.
        run = dataclasses.replace(run, run=run.run._replace(predictions=None))
      self._cells[cell.path] = run, resampled
    return self._cells[cell.path]


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
