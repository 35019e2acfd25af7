"""Runs a verb as a user does, in a process of its own or in this one."""

import contextlib
import importlib
import io
import subprocess
import sys
import time

from absl import flags


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


def run_here(module, *arguments) -> subprocess.CompletedProcess[str]:
  """Runs a verb in this process, which is quicker; flags are its own."""
  out, error = io.StringIO(), io.StringIO()
  status = 0
  try:
    with (
      _own_flags(),
      contextlib.redirect_stdout(out),
      contextlib.redirect_stderr(error),
    ):
      importlib.import_module(module).run([module, *arguments])
  except SystemExit as end:
    status = end.code or 0
  if isinstance(status, str):  # The interpreter would print it.
    error.write(f'{status}\n')
    status = 1
  return subprocess.CompletedProcess(
    arguments, status, out.getvalue(), error.getvalue()
  )


@contextlib.contextmanager
def _own_flags():
  """Removes our flags in the end; hides those of Model Garden's scripts."""
  hidden = {name: flags.FLAGS[name] for name in _defined_in('official')}
  for name in hidden:
    delattr(flags.FLAGS, name)
  try:
    yield
  finally:
    for name in _defined_in('copypaste_tf', 'tfrecord_tools', 'benchmarks'):
      delattr(flags.FLAGS, name)
    for name, flag in hidden.items():
      flags.FLAGS[name] = flag
      # Else the next call would not know that it is to be hidden.
      flags.FLAGS.register_flag_by_module('official', flag)


def _defined_in(*packages):
  """Returns the names of the flags that modules of these packages define."""
  found = flags.FLAGS
  return [
    name
    for name in found
    if found.find_module_defining_flag(name, '').split('.')[0] in packages
  ]


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
