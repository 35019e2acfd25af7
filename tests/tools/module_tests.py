"""Maps a module to the test file that belongs to it."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_file(module: pathlib.Path, root: pathlib.Path = ROOT) -> pathlib.Path:
  """Returns `tests/a/test_b.py` for `copypaste_tf/a/b.py`.

  The flags and the work of a verb share their test.

  Args:
    module: path of a module below `root`.
    root: the checkout.
  """
  room = module.relative_to(root).parent
  if room.parts[:1] == ('copypaste_tf',):
    room = room.relative_to('copypaste_tf')
  if room.name == 'verbs':
    room = room.parent
  return root / 'tests' / room / f'test_{module.stem}.py'


test_file.__test__ = False  # Pytest would take it for a test.
