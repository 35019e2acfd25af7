"""The tables and figures of the paper, and their forms for two CPU cores."""

from collections.abc import Sequence

from . import (
  tables_coco,
  tables_figures,
  tables_lvis,
  tables_small,
  tables_transfer,
  tables_voc,
)
from .rows import Cell, Row, Table

_PARTS = (
  *(tables_coco, tables_voc, tables_lvis, tables_figures),
  *(tables_small, tables_transfer),
)
TABLES: dict[str, Table] = {
  table.id: table for part in _PARTS for table in part.TABLES
}
"""All tables by id."""


def get(name: str, *, small: bool = False) -> Table:
  """Returns a table.

  Args:
    name: its id.
    small: its form for two CPU cores.

  Raises:
    ValueError: there is no such table.
  """
  if name not in TABLES:
    raise ValueError(
      f'--table: expected one of {", ".join(TABLES)}; got {name}'
    )
  table = TABLES[name]
  return TABLES[table.small] if small and table.small else table


def at(home: str) -> Row:
  """Returns the row whose runs lie in a folder `TABLE/ROW`."""
  name, _, row = home.partition('/')
  return TABLES[name].row(row)


def start_of(cell: Cell) -> Cell | None:
  """Returns the cell from whose weights a cell starts; None without one."""
  return cell._replace(row=at(cell.row.start)) if cell.row.start else None


def with_starts(cells: Sequence[Cell]) -> list[Cell]:
  """Returns cells, each after the one that it starts from, and none twice."""
  ordered = {}
  for cell in cells:
    if first := start_of(cell):
      ordered |= {first.path: first for first in with_starts([first])}
    ordered.setdefault(cell.path, cell)
  return [*ordered.values()]
