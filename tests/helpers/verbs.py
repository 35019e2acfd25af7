"""Runs a verb as a user does, in a process of its own."""

import subprocess
import sys
import time


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


def until(text, module, *arguments) -> tuple[str, float]:
  """Runs a verb that must not fail, and times its end.

  Args:
    text: a part of the line after which the process should end.
    module: the verb.
    *arguments: its command line.

  Returns:
    Its standard output, and the seconds between that line and the end.
  """
  process = subprocess.Popen(
    [sys.executable, '-u', '-m', module, *arguments],
    stdout=subprocess.PIPE,
    text=True,
  )
  lines, began = [], time.monotonic()
  for line in process.stdout:
    lines.append(line)
    if text in line:
      began = time.monotonic()
  status = process.wait()
  seconds = time.monotonic() - began
  printed = ''.join(lines)
  assert not status, f'{module}\n{printed}'
  return printed, seconds
