"""Runs a verb as a user does, in a process of its own."""

import subprocess
import sys


def run(module, *arguments, cwd=None) -> subprocess.CompletedProcess[str]:
  """Runs `python -m module arguments`, whatever becomes of it."""
  return subprocess.run(
    [sys.executable, '-m', module, *arguments],
    cwd=cwd,
    capture_output=True,
    text=True,
    check=False,
  )


def succeed(module, *arguments, cwd=None) -> str:
  """Runs it, and returns what it prints; it must not fail."""
  done = run(module, *arguments, cwd=cwd)
  assert not done.returncode, f'{module}\n{done.stdout}\n{done.stderr}'
  return done.stdout
