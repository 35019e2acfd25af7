r"""Gathers the runs of tables: measured numbers, a page and figures.

python -m experiments.collect --runs=build/tables --output_dir=build/measured

Reads the folders of `experiments.run_table` and writes `measured.json`,
`measured.md` and a figure for each curve. The numbers are those of the last
checkpoint, in percent. Where a row has a base, differences are taken seed by
seed, with an interval over the seeds and one over resampled validation images.
A row whose runs cannot be averaged says why, in place of a mean. With --page,
the part between the markers of that page becomes `measured.md`.
"""

import functools
import os
import sys

from absl import flags

from copypaste_tf import command_line

from . import marked_part, tables
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
  chosen, seeds = _chosen(), _seeds()
  from copypaste_tf import whole_files

  from .measured_page import Measured

  whole_files.check_folder(_OUTPUT_DIR.value, '--output_dir')
  page = None
  if _PAGE.value:
    with whole_files.file_errors(f'--page={_PAGE.value}'):
      page = _read_page()
  show = functools.partial(print, file=sys.stderr)
  measured = Measured(_RUNS.value, chosen, seeds, _DRAWS.value, show)
  for name, content in measured.files().items():
    whole_files.write(os.path.join(_OUTPUT_DIR.value, name), content)
  if page is not None:
    folder = os.path.dirname(_PAGE.value) or '.'
    part = measured.page(os.path.relpath(_OUTPUT_DIR.value, folder))
    whole_files.write(
      _PAGE.value, marked_part.replaced(page, part, _PAGE.value)
    )
  print(measured.page())
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


def _read_page() -> str:
  """Returns the page, after a check that it has the markers."""
  with open(_PAGE.value) as file:
    page = file.read()
  marked_part.replaced(page, '', _PAGE.value)
  return page


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
