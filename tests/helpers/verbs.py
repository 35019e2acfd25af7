"""Runs a verb as a user does, in a process of its own."""

import subprocess
import sys


def run(module, *arguments, cwd=None) -> subprocess.CompletedProcess[str]:
  """Runs `python -m module arguments`; returns its status and output."""
  return subprocess.run(
    [sys.executable, '-m', module, *arguments],
    cwd=cwd,
    capture_output=True,
    text=True,
    check=False,
  )


def succeed(module, *arguments, cwd=None) -> str:
  """Runs a verb that must not fail, and returns what it prints."""
  done = run(module, *arguments, cwd=cwd)
  assert not done.returncode, f'{module}\n{done.stdout}\n{done.stderr}'
  return done.stdout
