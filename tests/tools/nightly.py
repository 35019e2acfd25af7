r"""Runs the tests that `make test` leaves out, and prints one table.

python tests/tools/nightly.py [GROUP]...

Every group runs, also after one that fails. The exit status is 1 if a test
failed, if a group ended without a result, or if nothing of a group passed.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from module_tests import ROOT


class Group(NamedTuple):
  """Tests that run in one process.

  Attributes:
    arguments: arguments of pytest.
    environment: variables that differ from those of this process.
  """

  arguments: Sequence[str]
  environment: Mapping[str, str]


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
  """The result of a group; `failures` are names of tests, or a reason."""

  group: str
  passed: int
  failed: int
  skipped: int
  minutes: float
  failures: list[str]


def run(name: str, group: Group, root: pathlib.Path = ROOT) -> Row:
  """Runs a group of tests; they print as they run.

  Args:
    name: title of the row.
    group: the tests to run.
    root: folder that pytest runs in.
  """
  start = time.monotonic()
  with tempfile.TemporaryDirectory() as folder:
    report = pathlib.Path(folder, 'report.xml')
    command = [sys.executable, '-m', 'pytest', *group.arguments]
    status = subprocess.call(
      [*command, f'--junitxml={report}'],
      cwd=root,
      env=os.environ | group.environment,
    )
    minutes = (time.monotonic() - start) / 60
    if not report.exists():
      reason = f'{name}: pytest ended with status {status}, without a report'
      return Row(name, 0, 1, 0, minutes, [reason])
    row = read_report(name, report, minutes)
  if status and not row.failures:
    row.failures.append(f'{name}: pytest ended with status {status}')
  return row


def read_report(name: str, report: pathlib.Path, minutes: float) -> Row:
  """Counts the tests of a JUnit report.

  Args:
    name: name of the group.
    report: path of the XML file.
    minutes: time that the group took.
  """
  cases = list(xml.etree.ElementTree.parse(report).iter('testcase'))
  failures = [
    f'{case.get("classname")}::{case.get("name")}'
    for case in cases
    if case.find('failure') is not None or case.find('error') is not None
  ]
  skipped = sum(case.find('skipped') is not None for case in cases)
  passed = len(cases) - len(failures) - skipped
  failed = len(failures)
  if not passed and not failures:
    failures = [f'{name}: no test ran, {skipped} were skipped']
  return Row(name, passed, failed, skipped, minutes, failures)


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
