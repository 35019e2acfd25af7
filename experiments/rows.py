"""Declares what a table of experiments consists of: rows of cells."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

SEEDS = (0, 1, 2)


@dataclasses.dataclass(frozen=True)
class Row:
  """One setting of a table, trained with several seeds.

  Attributes:
    id: name of the row in its table.
    recipe: name of the gin file.
    bindings: lines of gin in which the row differs from the recipe. Seed,
      records and `steps` are bound besides.
    seeds: the seeds of each fraction of the training images; the largest
      fraction is 1.0. A seed decides weights, order and augmentation, and never
      which images a fraction has.
    steps: training steps by fraction; a fraction that is not listed takes the
      steps of the recipe and its bindings.
    data: name in `table_data.SOURCES` of the records.
    against: id of the row of the same table that this one is compared with,
      seed by seed; empty for a baseline.
    expected: key in `paper.RESULTS` of the numbers that the row must reach;
      empty if none is published.
    form_of: key in `paper.RESULTS` of the row that this one repeats at a small
      size, with other numbers.
    start: `home` of the row whose last checkpoint, at the same fraction and
      seed, the training starts from; empty starts as the recipe says.
    start_as: the parameter of gin that takes this checkpoint.
    home: `TABLE/ROW`, where the runs lie. Rows of two tables that share a home
      are the same experiment, which runs once. Set by `table`.
  """

  id: str
  recipe: str
  bindings: tuple[str, ...] = ()
  seeds: Mapping[float, Sequence[int]] = dataclasses.field(
    default_factory=lambda: {1.0: SEEDS}
  )
  steps: Mapping[float, int] = dataclasses.field(default_factory=dict)
  data: str = 'recipe'
  against: str = ''
  expected: str = ''
  form_of: str = ''
  start: str = ''
  start_as: str = 'TaskConfig.init_checkpoint'
  home: str = ''

  def lines(self, fraction: float, seed: int) -> list[str]:
    """Returns the bindings of a cell, but for its records."""
    lines = [*self.bindings, f'TrainData.seed = {seed}']
    if fraction in self.steps:
      lines.append(f'schedule.train_steps = {self.steps[fraction]}')
    return lines


@dataclasses.dataclass(frozen=True)
class Table:
  """Rows that are compared with one another.

  Attributes:
    id: name for `run_table --table`.
    title: what it shows.
    rows: its rows; their ids differ.
    small: id of the table that is a form of this one for two CPU cores; empty
      if this one is such a form.
  """

  id: str
  title: str
  rows: tuple[Row, ...]
  small: str = ''

  def row(self, name: str) -> Row:
    """Returns the row with an id.

    Raises:
      ValueError: there is none; the message lists the ids.
    """
    for row in self.rows:
      if row.id == name:
        return row
    known = ', '.join(row.id for row in self.rows)
    raise ValueError(f'table {self.id} has no row {name!r}, only {known}')


class Cell(NamedTuple):
  """One run: a row, at a fraction of the training images, with a seed."""

  row: Row
  fraction: float
  seed: int

  @property
  def path(self) -> str:
    """Returns the folder of the run below that of all runs."""
    return os.path.join(self.row.home, f'{self.fraction:g}', str(self.seed))


def table(
  name: str, title: str, rows: Sequence[Row], *, small: str = ''
) -> Table:
  """Returns a table; a row without a `home` gets one in this table.

  Args:
    name: id of the table.
    title: what it shows.
    rows: its rows.
    small: id of its form for two CPU cores.
  """
  homed = tuple(
    dataclasses.replace(row, home=row.home or f'{name}/{row.id}')
    for row in rows
  )
  return Table(name, title, homed, small)


def shared(row: Row, name: str, **changes: Any) -> Row:
  """Returns a row of another table with the same runs.

  Args:
    row: a row with a home.
    name: its id in the other table.
    **changes: `against`, `expected` and `form_of` there, none by default, and
      `seeds`.
  """
  facts = {'against': '', 'expected': '', 'form_of': ''} | changes
  return dataclasses.replace(row, id=name, **facts)


def cells(
  rows: Sequence[Row],
  seeds: Sequence[int] = (),
  fractions: Sequence[float] = (),
) -> Iterator[Cell]:
  """Yields the cells of rows, in the order in which they should run.

  All rows of one seed come first, so that every finished seed is a comparison.

  Args:
    rows: the rows.
    seeds: seeds in place of those of the rows.
    fractions: the fractions to take; all by default.
  """
  found = [
    Cell(row, fraction, seed)
    for row in rows
    for fraction, planned in row.seeds.items()
    if not fractions or fraction in fractions
    for seed in seeds or planned
  ]
  # The sort is stable: rows stay in their order.
  yield from sorted(found, key=lambda cell: (cell.seed, cell.fraction))
