"""Runs one cell of a table: its lock, its state, and its command.

The folder of a cell is the only record of its state. It is the `model_dir` of a
training, which resumes by itself.
"""

import contextlib
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import yaml

from . import steps

# Bindings of paths: the same run at another place is the same.
_PATHS = {
  *('TRAIN_RECORDS', 'EVAL_RECORDS', 'PSEUDO_RECORDS'),
  *('TaskConfig.init_checkpoint', 'SegmentationConfig.init_checkpoint'),
}
DONE, BEGUN, MISSING, OTHER = 'done', 'begun', 'missing', 'other settings'


@contextlib.contextmanager
def lock(path: str, *, wait: bool = False) -> Iterator[int | None]:
  """Holds a lock on a file, which the system releases when its holders end.

  Child processes that inherit the descriptor hold the lock, too. So a training
  whose runner was killed keeps its cell until it ends.

  Args:
    path: path of the file, which is made and stays; its folder is made.
    wait: wait for another holder.

  Yields:
    The descriptor; None if another process holds the lock.
  """
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with open(path, 'a') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
      yield None
      return
    yield file.fileno()


def command(folder: str, recipe: str, bindings: Sequence[str]) -> list[str]:
  """Returns the command that trains and evaluates a cell, or goes on with it.

  Args:
    folder: folder of the cell.
    recipe: name or path of the gin file.
    bindings: lines of gin.

  Returns:
    Arguments of `python -m`.
  """
  return steps.train(recipe, folder, bindings, mode='train_and_eval')


def state(folder: str, training: Sequence[str]) -> str:
  """Returns how far a cell is.

  Args:
    folder: folder of the cell.
    training: its `command`.

  Returns:
    `done`: the last step is evaluated. `begun`: the folder holds a run with
    steps to do. `missing`: it holds none. `other settings`: a finished run of
    another recipe or other bindings. Training itself refuses to go on with an
    unfinished one.
  """
  results = _read(folder, 'results.json') or {}
  params = _read(folder, 'params.yaml')
  if not params:
    return MISSING
  finished = results.get('step', -1) >= params['trainer']['train_steps']
  if not (finished and results.get('eval')):
    return BEGUN
  began = (_read(folder, 'versions.json') or {}).get('command', [])
  return DONE if settings(began) == settings(training) else OTHER


def settings(arguments: Sequence[str]) -> list[tuple[str, str, str]]:
  """Returns the settings of a training that decide what it learns."""
  lines = [
    argument.removeprefix('--gin_params=').partition('=')
    for argument in arguments
    if argument.startswith(('--gin_file=', '--gin_params='))
  ]
  return [line for line in lines if line[0].strip() not in _PATHS]


def _read(folder: str, name: str) -> dict[str, Any] | None:
  """Returns a file of a run; None without one, or if its writer was killed."""
  path = os.path.join(folder, name)
  if not os.path.exists(path):
    return None
  with open(path) as file:
    text = file.read()
  try:
    return yaml.safe_load(text) if name.endswith('yaml') else json.loads(text)
  except (yaml.YAMLError, json.JSONDecodeError):
    return None


def call(arguments: Sequence[str], held: int) -> int:
  """Runs a command that holds a lock, too; ends it when this process is ended.

  Args:
    arguments: arguments of `python -m`.
    held: descriptor of the lock.

  Returns:
    Its exit status.
  """
  print(f'  python -m {shlex.join(arguments)}', flush=True)
  process = subprocess.Popen(
    [sys.executable, '-m', *arguments], pass_fds=[held]
  )
  before = signal.signal(signal.SIGTERM, _end)
  try:
    return process.wait()
  finally:
    signal.signal(signal.SIGTERM, before)
    if process.poll() is None:
      process.terminate()  # A training writes a checkpoint first.
      process.wait()


def _end(number: int, _: Any) -> NoReturn:
  sys.exit(128 + number)
