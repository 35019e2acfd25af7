"""Reads the runs of tables, and makes the files that show them."""

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from . import (
  category_figures,
  measured,
  measured_figures,
  measured_json,
  measured_tables,
  paired,
)
from .measured import Part
from .resampled_runs import Resampler
from .rows import Table


class Measured:
  """The runs of some tables."""

  def __init__(
    self,
    runs: str,
    tables: Sequence[Table],
    seeds: Sequence[int],
    draws: int,
    show: Callable[[str], Any],
  ):
    """Reads the runs.

    Args:
      runs: folder of all runs.
      tables: the tables.
      seeds: seeds in place of those of the rows; none for theirs.
      draws: how often the validation images are resampled.
      show: gets the path of each finished run, before seconds of work on it.

    Raises:
      ValueError: there is no run of any table, or a file is damaged.
    """
    self._runs, self._draws = runs, draws
    reader = measured.Reader(runs, Resampler(draws), show)
    found = [(table, reader.parts(table, seeds)) for table in tables]
    self._begun = [x for x in found if any(part.begun for part in x[1])]
    if not self._begun:
      raise ValueError(f'--runs={runs}: expected the folder of run_table')
    begun = {table.id for table, _ in self._begun}
    self._absent = [table.id for table in tables if table.id not in begun]
    self._figures = {x[0].id: _figures(*x) for x in self._begun}

  def files(self) -> dict[str, str]:
    """Returns the numbers, the page and the figures by file name."""
    files = {'measured.json': self._json(), 'measured.md': self.page()}
    for figures in self._figures.values():
      files |= figures
    return files

  def page(self, folder: str = '.') -> str:
    """Returns the page in Markdown.

    Args:
      folder: folder of the figures, relative to the page.
    """
    blocks = [
      'AP in percent, of the last checkpoint: mean ± standard deviation over '
      "the seeds. Intervals are of 95 %: over seeds by Student's t, over "
      f'images by {self._draws} paired draws of the validation images. A gain '
      f'or a loss needs {paired.FEW} seeds or more, and both intervals '
      'without 0.'
    ]
    for table, parts in self._begun:
      blocks.append(measured_tables.of_table(table, parts))
      for file in self._figures[table.id]:
        path = os.path.normpath(os.path.join(folder, file))
        blocks.append(f'![{file.removesuffix(".svg")}]({path})')
    if self._absent:
      blocks.append(f'No run yet: {", ".join(self._absent)}.')
    return '\n\n'.join(blocks) + '\n'

  def _json(self) -> str:
    tables = {
      table.id: measured_json.of_table(table, parts, self._runs)
      for table, parts in self._begun
    }
    content = {'draws': self._draws, 'tables': tables}
    return json.dumps(content, indent=2) + '\n'


def _figures(table: Table, parts: Sequence[Part]) -> dict[str, str]:
  """Returns the figures of a table by file name."""
  drawn = measured_figures.of_table(table, parts)
  said = [s for s in measured_figures.statements(table) if s.figure == 6]
  for one in paired.differences(parts):
    if one.metric == measured.metrics(parts)[0] and not one.problem:
      end = f'categories_{one.part.row.id}_{one.part.fraction:g}'
      drawn[end] = category_figures.of_pair(
        one.part, one.base, one.metric, said
      )
  return {f'{table.id}_{end}.svg': svg for end, svg in drawn.items() if svg}
