r"""Gathers the runs of tables: measured numbers, a page and figures.

python -m experiments.collect --runs=build/tables --output_dir=build/measured

Reads the folders of `experiments.run_table` and writes `measured.json`,
`measured.md` and a figure for each curve. The numbers are those of the last
checkpoint, in percent. Where a row has a base, differences are taken seed by
seed, with an interval over the seeds and one over resampled validation images.
A row whose runs cannot be averaged says why, in place of a mean. With --page,
the part between the markers of that page becomes `measured.md`.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence

from absl import flags

from copypaste_tf import command_line, whole_files

from . import (
  category_figures,
  marked_part,
  measured,
  measured_figures,
  measured_json,
  measured_tables,
  paired,
  tables,
)
from .measured import Part
from .resampled_runs import Resampler
from .rows import Table

_RUNS = flags.DEFINE_string(
  'runs', 'build/tables', 'Folder of all runs, TABLE/ROW/FRACTION/SEED.'
)
_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'build/measured', 'Folder of the numbers and figures.'
)
_TABLES = flags.DEFINE_list('tables', [], 'Ids of tables; all by default.')
_SEEDS = flags.DEFINE_list('seeds', [], 'Seeds in place of the planned ones.')
_DRAWS = flags.DEFINE_integer(
  'draws', 1000, 'How often the validation images are resampled.', 100
)
_PAGE = flags.DEFINE_string(
  'page', '', 'Page whose part between the markers is replaced.'
)


def main() -> None:
  """Reads the runs and writes all files.

  Raises:
    ValueError: a flag or a file is wrong; the message names it.
  """
  chosen = _chosen()
  whole_files.check_folder(_OUTPUT_DIR.value, '--output_dir')
  page = _read_page()
  reader = measured.Reader(_RUNS.value, Resampler(_DRAWS.value))
  found = {table.id: (table, reader.parts(table, _seeds())) for table in chosen}
  begun = {
    name: one for name, one in found.items() if any(p.begun for p in one[1])
  }
  if not begun:
    raise ValueError(f'--runs={_RUNS.value}: expected the folder of run_table')
  absent = [name for name in found if name not in begun]
  figures = {name: _figures(name, *one) for name, one in begun.items()}
  text = _text(begun, absent, figures, '.')
  files = {'measured.json': _json(begun), 'measured.md': text}
  for drawn in figures.values():
    files |= drawn
  for name, content in files.items():
    whole_files.write(os.path.join(_OUTPUT_DIR.value, name), content)
  if page is not None:
    folder = os.path.relpath(
      _OUTPUT_DIR.value, os.path.dirname(_PAGE.value) or '.'
    )
    part = _text(begun, absent, figures, folder)
    whole_files.write(
      _PAGE.value, marked_part.replaced(page, part, _PAGE.value)
    )
  print(text)
  print(f'written to {_OUTPUT_DIR.value}', file=sys.stderr)


def _chosen() -> list[Table]:
  unknown = [name for name in _TABLES.value if name not in tables.TABLES]
  if unknown:
    raise ValueError(
      f'--tables: expected some of {", ".join(tables.TABLES)}; got '
      f'{", ".join(unknown)}'
    )
  return [tables.TABLES[name] for name in _TABLES.value or tables.TABLES]


def _seeds() -> list[int]:
  try:
    return [int(seed) for seed in _SEEDS.value]
  except ValueError:
    raise ValueError(
      f'--seeds: expected numbers, got {",".join(_SEEDS.value)}'
    ) from None


def _read_page() -> str | None:
  """Returns the page, after a check that it has the markers."""
  if not _PAGE.value:
    return None
  with (
    whole_files.file_errors(f'--page={_PAGE.value}'),
    open(_PAGE.value) as file,
  ):
    page = file.read()
  marked_part.replaced(page, '', _PAGE.value)
  return page


def _text(
  begun: Mapping[str, tuple],
  absent: Sequence[str],
  figures: Mapping[str, Mapping[str, str]],
  folder: str,
) -> str:
  """Returns the page.

  Args:
    begun: tables with their parts.
    absent: ids of tables without a run.
    figures: the figures of each table by file name.
    folder: folder of the figures, relative to the page.
  """
  blocks = [
    'AP in percent, of the last checkpoint: mean ± standard deviation over the '
    "seeds. Intervals are of 95 %: over seeds by Student's t, over images by "
    f'{_DRAWS.value} paired draws of the validation images. A gain or a loss '
    f'needs {paired.FEW} seeds or more, and both intervals without 0.'
  ]
  for name, one in begun.items():
    blocks.append(measured_tables.of_table(*one))
    for file in figures[name]:
      path = os.path.normpath(os.path.join(folder, file))
      blocks.append(f'![{file.removesuffix(".svg")}]({path})')
  if absent:
    blocks.append(f'No run yet: {", ".join(absent)}.')
  return '\n\n'.join(blocks) + '\n'


def _json(begun: Mapping[str, tuple]) -> str:
  contents = {
    'draws': _DRAWS.value,
    'tables': {
      name: measured_json.of_table(*one, _RUNS.value)
      for name, one in begun.items()
    },
  }
  return json.dumps(contents, indent=2) + '\n'


def _figures(name: str, table: Table, parts: Sequence[Part]) -> dict[str, str]:
  """Returns the figures of a table by file name."""
  drawn = measured_figures.of_table(table, parts)
  said = [s for s in measured_figures.statements(table) if s.figure == 6]
  for one in paired.differences(parts):
    if one.metric == measured.metrics(parts)[0] and not one.problem:
      end = f'categories_{one.part.row.id}_{one.part.fraction:g}'
      drawn[end] = category_figures.of_pair(
        one.part, one.base, one.metric, said
      )
  return {f'{name}_{end}.svg': svg for end, svg in drawn.items() if svg}


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
