"""Starts the process that measures a system."""

import json
import pathlib
import subprocess

from benchmarks.peers.worker import Setup


def measure(setup: Setup, python: str) -> dict:
  """Returns what `worker` prints, in a process of its own.

  A process that dies counts as skipped, with the last line of its errors.

  Args:
    setup: what is measured.
    python: interpreter that has the system.
  """
  done = subprocess.run(
    [python, '-m', 'benchmarks.peers.worker', json.dumps(setup._asdict())],
    cwd=pathlib.Path(__file__).parents[2],
    capture_output=True,
    text=True,
    check=False,
  )
  lines = (done.stdout if done.returncode == 0 else done.stderr).splitlines()
  last = lines[-1] if lines else f'exit status {done.returncode}'
  return json.loads(last) if done.returncode == 0 else {'skipped': last}
