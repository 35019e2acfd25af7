r"""Runs the tests that `make test` leaves out, and prints one table.

python tests/tools/nightly.py [GROUP]...

Every file of tests runs in a process of its own, also after one that fails:
compiled models stay in the memory of their process, and those of all files
together took more than 20 GB. The exit status is 1 if a test failed, if a file
ended without a result, or if nothing of a group passed.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from module_tests import ROOT


class Group(NamedTuple):
  """Tests with a mark.

  Attributes:
    arguments: arguments of pytest.
    environment: variables that differ from those of this process.
  """

  arguments: Sequence[str]
  environment: Mapping[str, str]


# Status of pytest where nothing was collected.
_NO_TESTS = 5
# In place of what `conftest.py` sets; TensorFlow takes 0 for all cores.
_AS_USERS_HAVE = {'XLA_FLAGS': '', 'TF_NUM_INTRAOP_THREADS': '0'}
# Compiled steps are compared bit by bit, and oneDNN is less exact.
GROUPS = {
  'notebook': Group(['-m', 'notebook'], {}),
  'thorough': Group(['-m', 'thorough'], _AS_USERS_HAVE),
  'parity': Group(
    ['-m', 'parity'], {**_AS_USERS_HAVE, 'TF_ENABLE_ONEDNN_OPTS': '0'}
  ),
}


class Row(NamedTuple):
  """The result of tests; `failures` are their names, or a reason."""

  group: str
  passed: int
  failed: int
  skipped: int
  minutes: float
  failures: list[str]


def run(name: str, group: Group, root: pathlib.Path = ROOT) -> Row:
  """Runs a group of tests, file by file; they print as they run.

  Args:
    name: title of the row.
    group: the tests to run.
    root: folder that pytest runs in.
  """
  start = time.monotonic()
  files, status = _files(group, root)
  rows = [_run_file(file, group, root) for file in files]
  passed, failed, skipped = (
    sum(row[column] for row in rows) for column in (1, 2, 3)
  )
  failures = [failure for row in rows for failure in row.failures]
  if status not in (0, _NO_TESTS):
    failures.append(f'{name}: pytest ended with status {status}')
  elif not passed and not failures:
    failures.append(f'{name}: no test passed, {skipped} were skipped')
  minutes = (time.monotonic() - start) / 60
  return Row(name, passed, failed, skipped, minutes, failures)


def _files(group: Group, root: pathlib.Path) -> tuple[list[str], int]:
  """Returns the files with tests of a group, and the status of pytest."""
  # With `-q -q` pytest prints a line "FILE: NUMBER" for each file.
  collected = _pytest(
    group, root, '--collect-only', '-q', '-q', stdout=subprocess.PIPE, text=True
  )
  files = re.findall(r'^(\S+\.py): \d+$', collected.stdout, re.MULTILINE)
  if collected.returncode not in (0, _NO_TESTS):
    print(collected.stdout)
  return files, collected.returncode


def _run_file(file: str, group: Group, root: pathlib.Path) -> Row:
  print(f'\n{file}', flush=True)
  start = time.monotonic()
  with tempfile.TemporaryDirectory() as folder:
    report = pathlib.Path(folder, 'report.xml')
    status = _pytest(group, root, file, f'--junitxml={report}').returncode
    minutes = (time.monotonic() - start) / 60
    if not report.exists():
      reason = f'{file}: pytest ended with status {status}, without a report'
      return Row(file, 0, 1, 0, minutes, [reason])
    row = read_report(file, report, minutes)
  if status and not row.failures:
    row.failures.append(f'{file}: pytest ended with status {status}')
  return row


def _pytest(
  group: Group, root: pathlib.Path, *arguments: str, **options: Any
) -> subprocess.CompletedProcess:
  command = [sys.executable, '-m', 'pytest', *group.arguments, *arguments]
  return subprocess.run(
    [*command, f'--rootdir={root}'],
    cwd=root,
    env=os.environ | group.environment,
    check=False,
    **options,
  )


def read_report(name: str, report: pathlib.Path, minutes: float) -> Row:
  """Counts the tests of a JUnit report.

  Args:
    name: title of the row.
    report: path of the XML file.
    minutes: time that the tests took.
  """
  cases = list(xml.etree.ElementTree.parse(report).iter('testcase'))
  failures = [
    f'{case.get("classname")}::{case.get("name")}'
    for case in cases
    if case.find('failure') is not None or case.find('error') is not None
  ]
  skipped = sum(case.find('skipped') is not None for case in cases)
  passed = len(cases) - len(failures) - skipped
  return Row(name, passed, len(failures), skipped, minutes, failures)


def table(rows: Sequence[Row]) -> str:
  """Returns the rows as a Markdown table, and the failures below it."""
  lines = [
    '| test group | passed | failed | skipped | minutes |',
    '|---|---|---|---|---|',
  ]
  for row in rows:
    cells = (row.group, row.passed, row.failed, row.skipped)
    lines.append('| ' + ' | '.join(map(str, cells)) + f' | {row.minutes:.1f} |')
  failures = [failure for row in rows for failure in row.failures]
  return '\n'.join([*lines, *(f'FAILED {failure}' for failure in failures)])


def main(argv: Sequence[str] | None = None) -> int:
  """Runs the groups and returns the exit status."""
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('groups', nargs='*', help=f'of {", ".join(GROUPS)}')
  chosen = parser.parse_args(argv).groups or list(GROUPS)
  unknown = sorted(set(chosen) - set(GROUPS))
  if unknown:
    parser.error(f'expected groups of {list(GROUPS)}, got {unknown}')
  rows = []
  for name in chosen:
    print(f'\n{name}', flush=True)
    rows.append(run(name, GROUPS[name]))
  print(f'\n{table(rows)}')
  return int(any(row.failures for row in rows))


if __name__ == '__main__':
  sys.exit(main())
