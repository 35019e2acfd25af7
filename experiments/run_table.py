r"""Runs the cells of a table that are missing, or goes on with them.

python -m experiments.run_table --table=10 --seeds=0,1,2 --dry_run
python -m experiments.run_table --table=10 --small --output_dir=build/tables

A table is a list of rows (`experiments/tables.py`): each is a recipe with
bindings, trained with several seeds. A cell is one run, in the folder
OUTPUT_DIR/TABLE/ROW/FRACTION/SEED. The folders are the only state: the same
command goes on after it was killed, and several may share OUTPUT_DIR, on one
machine or on a file system with locks. `experiments.collect` reads the runs.
"""

import os
import shlex
import sys
from collections.abc import Sequence

from absl import flags

from copypaste_tf import command_line

from . import cells as running
from . import rows, table_data, tables
from .rows import Cell

_TABLE = flags.DEFINE_string(
  'table', None, 'Id of the table or figure, such as 10 or figure5.'
)
_SMALL = flags.DEFINE_bool(
  'small', False, 'Run the form of the table for two CPU cores.'
)
_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'build/tables', 'Folder of all runs and of converted data.'
)
_SEEDS = flags.DEFINE_list('seeds', [], 'Seeds in place of the planned ones.')
_FRACTIONS = flags.DEFINE_list(
  'fractions', [], 'Parts of the training images to run; all by default.'
)
_ONLY = flags.DEFINE_list('only', [], 'Rows to run, in order; all by default.')
_SHARD = flags.DEFINE_string(
  'shard', '0/1', 'I/N: run every Nth of the cells, from the Ith (from 0) on.'
)
_DRY_RUN = flags.DEFINE_bool(
  'dry_run', False, 'Print the state of each cell and the commands to run.'
)
_IMAGE_DIR = flags.DEFINE_string(
  'image_dir', '', 'Folder of the images of a data set to convert.'
)
_ANNOTATIONS = flags.DEFINE_string(
  'annotations', '', 'Annotations of its training images, in COCO format.'
)
_VAL_ANNOTATIONS = flags.DEFINE_string(
  'val_annotations', '', 'Annotations of its images to evaluate on.'
)
_GIN_PARAMS = flags.DEFINE_multi_string(
  'gin_params', [], 'Further bindings for every run, such as the strategy.'
)
_BUSY = 'another process runs it'


def main() -> None:
  """Runs the cells; a cell that fails does not keep others from running.

  Raises:
    SystemExit: a cell failed, or waits for one that did.
  """
  chosen = _chosen()
  made, left = set(), []
  for number, cell in enumerate(chosen, 1):
    outcome = (_show if _DRY_RUN.value else _run)(cell, made)
    print(f'[{number}/{len(chosen)}] {cell.path}: {outcome}', flush=True)
    if outcome not in (running.DONE, _BUSY):
      left.append(f'{cell.path}: {outcome}')
  if left and not _DRY_RUN.value:
    sys.exit('error: not done:\n' + '\n'.join(f'  {line}' for line in left))


def _chosen() -> list[Cell]:
  """Returns the cells that the flags choose.

  Raises:
    ValueError: a flag is wrong; the message names it.
  """
  if not _TABLE.value:
    raise ValueError(f'--table: expected one of {", ".join(tables.TABLES)}')
  if '://' in _OUTPUT_DIR.value:
    raise ValueError(
      f'--output_dir: expected a folder of this machine for the locks, got '
      f'{_OUTPUT_DIR.value}. Print the commands with --dry_run, and run them '
      'with another --model_dir'
    )
  table = tables.get(_TABLE.value, small=_SMALL.value)
  chosen = [table.row(name) for name in _ONLY.value] or table.rows
  seeds, fractions = _numbers(_SEEDS, int), _numbers(_FRACTIONS, float)
  known = sorted({fraction for row in chosen for fraction in row.seeds})
  if not {*fractions} <= {*known}:
    raise ValueError(
      f'--fractions: the rows have {", ".join(f"{x:g}" for x in known)}; got '
      f'{",".join(_FRACTIONS.value)}'
    )
  found = tables.with_starts([*rows.cells(chosen, seeds, fractions)])
  first, step = _shard()
  return found[first::step]


def _numbers(flag: flags.FlagHolder, kind: type) -> list:
  try:
    return [kind(value) for value in flag.value]
  except ValueError:
    raise ValueError(
      f'--{flag.name}: expected numbers, got {",".join(flag.value)}'
    ) from None


def _shard() -> tuple[int, int]:
  """Returns the first cell of the shard, and the distance of the others."""
  first, _, step = _SHARD.value.partition('/')
  if not (first.isdigit() and step.isdigit() and int(first) < int(step)):
    raise ValueError(
      f'--shard: expected I/N with I from 0 to N - 1, got {_SHARD.value}'
    )
  return int(first), int(step)


def _folder(cell: Cell) -> str:
  return os.path.join(_OUTPUT_DIR.value, cell.path)


def _data(cell: Cell) -> table_data.Data:
  files = table_data.Files(
    _IMAGE_DIR.value, _ANNOTATIONS.value, _VAL_ANNOTATIONS.value
  )
  if any(files) and not all(files):
    raise ValueError(
      '--image_dir, --annotations and --val_annotations: expected all three or '
      f'none, got {tuple(files)}'
    )
  folder = os.path.join(_OUTPUT_DIR.value, 'data', cell.row.data)
  return table_data.get(cell.row.data, folder, cell.fraction, files)


def _training(cell: Cell, records: Sequence[str]) -> list[str]:
  """Returns the command of a cell.

  Args:
    cell: the cell.
    records: bindings of its records.
  """
  start = []
  if first := tables.start_of(cell):
    start = [f"{cell.row.start_as} = '{_folder(first)}'"]
  lines = [
    *records,
    *cell.row.lines(cell.fraction, cell.seed),
    *start,
    *_GIN_PARAMS.value,
  ]
  return running.command(_folder(cell), cell.row.recipe, lines)


def _state(cell: Cell) -> str:
  return running.state(_folder(cell), _training(cell, []))


def _show(cell: Cell, shown: set[tuple[str, float]]) -> str:
  """Returns the state of a cell, and the commands that it needs.

  Args:
    cell: the cell.
    shown: data and fractions whose commands were shown; takes this one.
  """
  state = _state(cell)
  if state in (running.DONE, running.OTHER):
    return _explained(state)
  data, kind = _data(cell), (cell.row.data, cell.fraction)
  make = [] if kind in shown else data.commands.values()
  shown.add(kind)
  commands = [*make, _training(cell, data.bindings)]
  lines = [f'  python -m {shlex.join(command)}' for command in commands]
  return '\n'.join([state, *lines])


def _run(cell: Cell, made: set[tuple[str, float]]) -> str:
  """Runs a cell unless it is done or another process runs it.

  Args:
    cell: the cell.
    made: data and fractions whose records are complete; takes this one.

  Returns:
    The state that the cell is left in.
  """
  with running.lock(os.path.join(_folder(cell), 'cell.lock')) as held:
    if held is None:
      return _BUSY
    # Not before: another runner could finish the cell in between.
    state = _state(cell)
    if state in (running.DONE, running.OTHER):
      return _explained(state)
    first = tables.start_of(cell)
    if first and _state(first) != running.DONE:
      return f'waits for {cell.row.start}, which is not done'
    print(f'\n{cell.path}')
    data, kind = _data(cell), (cell.row.data, cell.fraction)
    if kind not in made and not _make(data, cell.row.data):
      return 'its records were not made'
    made.add(kind)
    status = running.call(_training(cell, data.bindings), held)
    return (
      f'failed with status {status}' if status else _explained(_state(cell))
    )


def _make(data: table_data.Data, name: str) -> bool:
  """Makes records, which one process at a time does; tells whether it did."""
  path = os.path.join(_OUTPUT_DIR.value, 'data', f'{name}.lock')
  with running.lock(path, wait=True) as held:
    for title, command in data.commands.items():
      print(title)
      if running.call(command, held):
        return False
  return True


def _explained(state: str) -> str:
  """Returns a state, with what to do about one that is no good."""
  if state != running.OTHER:
    return state
  return (
    f'{state}: its run has another recipe or other bindings than this command; '
    'move the folder away, or give the bindings of before'
  )


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
