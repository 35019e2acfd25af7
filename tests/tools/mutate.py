r"""Finds faults that the tests do not notice: `make mutate`.

python tests/tools/mutate.py --count=5 --seed=0 copypaste_tf/records

Puts one small fault after another into a module and runs the test file of the
same name. A mutant that passes its tests has survived: a test is missing there,
or the change makes no difference. Modules are changed in copies of the
checkout, never in the checkout.
"""

import argparse
import concurrent.futures
import os
import pathlib
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import NamedTuple

from module_tests import ROOT, test_file
from mutations import Mutant, mutants

ROOMS = ('augment', 'records', 'evaluation', 'inputs')
# Files that tests read; a checkout may also hold data and runs.
_COPIED = ('README.md', 'Makefile', 'setup.py', 'pyproject.toml')
_COPIED_FOLDERS = ('copypaste_tf', 'tfrecord_tools', 'configs', 'experiments')
_COPIED_FOLDERS += ('tests', 'docs', 'benchmarks')


class Result(NamedTuple):
  """The mutants of one module.

  Attributes:
    module: path relative to the checkout.
    tried: number of mutants that were tested.
    survivors: those whose tests passed.
    seconds: time that this took.
  """

  module: str
  tried: int
  survivors: list[Mutant]
  seconds: float


class UnusableTestsError(Exception):
  """The tests of a module cannot judge a mutant."""


def modules(paths: Sequence[pathlib.Path], root: pathlib.Path = ROOT):
  """Returns the modules in files and folders that have a test file."""
  with_tests = []
  for path in paths:
    files = sorted(path.rglob('*.py')) if path.is_dir() else [path]
    with_tests += [file for file in files if test_file(file, root).exists()]
  return with_tests


def sample(
  population: Sequence[Mutant], count: int, seed: int | str
) -> list[Mutant]:
  """Returns `count` mutants in the order of the source; 0 takes all."""
  if not 0 < count < len(population):
    return list(population)
  numbers = random.Random(seed).sample(range(len(population)), count)
  return [population[number] for number in sorted(numbers)]


def judge(
  copies: Sequence[pathlib.Path], module: str, count: int, seed: int
) -> Result:
  """Tests a sample of the mutants of a module.

  Args:
    copies: copies of the checkout, one for each test that runs at a time.
    module: path relative to the checkout.
    count: number of mutants; 0 takes all.
    seed: seed of the sample.

  Raises:
    UnusableTestsError: the tests fail without a fault, or pass without the
      module.
  """
  start = time.monotonic()
  source = (copies[0] / module).read_text()
  limit = _seconds_of_tests(copies[0], module, source)
  chosen = sample(mutants(source), count, f'{seed} {module}')
  free = queue.Queue()
  for folder in copies:
    free.put(folder)

  def survives(mutant):
    folder = free.get()
    try:
      return _passes(folder, module, mutant.source, limit)
    finally:
      (folder / module).write_text(source)
      free.put(folder)

  with concurrent.futures.ThreadPoolExecutor(len(copies)) as pool:
    survived = list(pool.map(survives, chosen))
  survivors = [m for m, alive in zip(chosen, survived, strict=True) if alive]
  return Result(module, len(chosen), survivors, time.monotonic() - start)


def _seconds_of_tests(folder, module, source) -> float:
  """Checks that the tests can judge, and returns how long they may take."""
  start = time.monotonic()
  if not _passes(folder, module, source, 600):
    raise UnusableTestsError(f'{module}: the tests fail without a fault')
  seconds = time.monotonic() - start
  if _passes(folder, module, 'raise ImportError\n', 600):
    raise UnusableTestsError(f'{module}: the tests pass without the module')
  (folder / module).write_text(source)
  return 20 + 4 * seconds


def _passes(folder, module, source, limit) -> bool:
  """Runs the tests of a module that has this source, at most `limit` s."""
  (folder / module).write_text(source)
  test = test_file(folder / module, folder)
  options = ['-q', '-x', '-p', 'no:cacheprovider', '-p', 'no:xdist']
  process = subprocess.Popen(
    [sys.executable, '-m', 'pytest', *options, str(test)],
    cwd=folder,
    env=os.environ
    | {'PYTHONPATH': str(folder), 'PYTHONDONTWRITEBYTECODE': '1'},
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    start_new_session=True,  # So that child processes can be killed.
  )
  try:
    return process.wait(limit) == 0
  except subprocess.TimeoutExpired:
    return False
  finally:
    if process.poll() is None:
      os.killpg(process.pid, signal.SIGKILL)
      process.wait()


def copy_checkout(target: pathlib.Path, root: pathlib.Path = ROOT) -> None:
  """Copies the code of a checkout, its tests and the files that they read."""
  target.mkdir()
  for name in _COPIED:
    shutil.copy(root / name, target / name)
  for name in _COPIED_FOLDERS:
    shutil.copytree(
      root / name,
      target / name,
      ignore=shutil.ignore_patterns('__pycache__'),
    )


def show_survivors(result: Result) -> None:
  """Prints the change of each mutant that survived."""
  survived = len(result.survivors)
  print(f'{result.module}: {survived} of {result.tried} survive')
  for mutant in result.survivors:
    print(f'  line {mutant.line}\n  - {mutant.before}\n  + {mutant.after}')
  sys.stdout.flush()


def show_table(results: Sequence[Result]) -> None:
  """Prints the counts of all modules."""
  width = max(len(result.module) for result in results)
  print(f'\n{"module":{width}}  mutants  killed  survived  minutes')
  for result in results:
    survived = len(result.survivors)
    print(
      f'{result.module:{width}}  {result.tried:7}  '
      f'{result.tried - survived:6}  {survived:8}  {result.seconds / 60:7.1f}'
    )


def main() -> int:
  """Returns 1 if the tests of a module could not judge, else 0."""
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  rooms = [ROOT / 'copypaste_tf' / room for room in ROOMS]
  parser.add_argument('paths', nargs='*', type=pathlib.Path, default=rooms)
  parser.add_argument('--count', type=int, default=5, help='of each; 0 = all')
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--jobs', type=int, default=2)
  options = parser.parse_args()
  chosen = modules([path.resolve() for path in options.paths])
  if not chosen:
    parser.error(f'no module with a test in {options.paths}')
  results, status = [], 0
  with tempfile.TemporaryDirectory() as folder:
    copies = [pathlib.Path(folder, str(job)) for job in range(options.jobs)]
    for path in copies:
      copy_checkout(path)
    for module in chosen:
      name = module.relative_to(ROOT).as_posix()
      try:
        result = judge(copies, name, options.count, options.seed)
      except UnusableTestsError as error:
        print(f'error: {error}', flush=True)
        status = 1
        continue
      finally:
        for path in copies:
          shutil.copy(module, path / name)
      show_survivors(result)
      results.append(result)
  if results:
    show_table(results)
  return status


if __name__ == '__main__':
  sys.exit(main())
