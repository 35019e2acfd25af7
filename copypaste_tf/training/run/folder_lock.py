"""Locks a model directory for one process, on any file system of TensorFlow.

The lock is a file with the host, the process and a beat, which the owner
changes every few seconds. A process that was killed leaves its lock behind. On
the same machine the process is then missing. From another machine the beat
stands still, which takes half a minute to see.
"""

import contextlib
import json
import os
import pathlib
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.console import saying

TRAIN, EVAL = 'train.lock', 'eval.lock'
_BEAT_SECONDS = 10.0
_WATCHED_BEATS = 3  # Pauses in the beat after which its owner is dead.
_SETTLE_SECONDS = 0.3  # Of two processes that start together, one loses.
_OLD_SECONDS = 600.0


class LockedError(ValueError):
  """Another process works in the folder."""


class Lock:
  """A lock that this process holds."""

  def __init__(self, path: str):
    """Takes the lock, unless a process that is alive holds it.

    Args:
      path: path of the lock file, in an existing folder.

    Raises:
      LockedError: another process holds the lock; the message names it.
    """
    self._path = path
    owner = _read(path)
    if owner and _is_alive(path, owner):
      raise _locked(path, owner)
    self._content = _identity() | {
      'token': uuid.uuid4().hex,
      'since': time.strftime('%Y-%m-%d %H:%M:%S %Z'),
      'beat': 0,
    }
    self._write()
    time.sleep(_SETTLE_SECONDS)
    self.check()
    self._released = threading.Event()
    self._thread = threading.Thread(target=self._keep_beating, daemon=True)
    self._thread.start()

  def check(self, *_: Any) -> None:
    """Raises an error if another process has taken the lock.

    It can be an action of Orbit's controller, whose argument it ignores.

    Raises:
      LockedError: the lock has another owner now.
    """
    owner = _read(self._path)
    if owner and owner.get('token') != self._content['token']:
      raise _locked(self._path, owner)

  def release(self) -> None:
    """Removes the lock file, if it is still ours."""
    self._released.set()
    self._thread.join()
    owner = _read(self._path)
    if owner and owner.get('token') == self._content['token']:
      with contextlib.suppress(tf.errors.NotFoundError):
        tf.io.gfile.remove(self._path)

  def _keep_beating(self) -> None:
    while not self._released.wait(_BEAT_SECONDS):
      try:
        owner = _read(self._path)
        if owner and owner.get('token') != self._content['token']:
          return  # Taken; the next `check` tells the run.
        self._write()
      except whole_files.ERRORS as error:
        # A full disk or a lost connection; the run itself reports these.
        why = whole_files.reason(error)
        print(f'note: {self._path}: {why}', file=sys.stderr)

  def _write(self) -> None:
    self._content['beat'] += 1
    # Two processes that start together must not share a temporary file.
    written = f'{self._path}.{self._content["token"]}'
    with tf.io.gfile.GFile(written, 'w') as file:
      file.write(json.dumps(self._content) + '\n')
    tf.io.gfile.rename(written, self._path, overwrite=True)


@contextlib.contextmanager
def held(model_dir: str, mode: str) -> Iterator[Callable[..., None]]:
  """Holds the locks of a folder that a mode of a run needs.

  A trainer and an evaluator may share a folder. A trainer that evaluates is
  both.

  Args:
    model_dir: folder of the run; made if it does not exist.
    mode: that of `runner.run`.

  Yields:
    A function that raises `LockedError` if another process took a lock over.

  Raises:
    LockedError: another process works in the folder.
    ValueError: the folder cannot be written.
  """
  names = [TRAIN] * ('train' in mode) + [EVAL] * ('eval' in mode)
  with contextlib.ExitStack() as stack:
    locks = []
    for name in names:
      with whole_files.file_errors(
        f'--model_dir: cannot write to {model_dir!r}'
      ):
        tf.io.gfile.makedirs(model_dir)
        locks.append(Lock(os.path.join(model_dir, name)))
      stack.callback(locks[-1].release)

    def check(*_: Any) -> None:
      for lock in locks:
        lock.check()

    yield check


def _is_alive(path: str, owner: Mapping[str, Any]) -> bool:
  """Tells whether the owner of a lock still runs; may wait for a beat."""
  here = _identity()
  if owner.get('machine') == here['machine']:
    pid = owner.get('pid')
    return isinstance(pid, int) and _birth(pid) == owner.get('birth')
  age = time.time() - tf.io.gfile.stat(path).mtime_nsec / 1e9
  if age > _OLD_SECONDS:
    return False
  deadline = time.monotonic() + _WATCHED_BEATS * _BEAT_SECONDS
  with saying(f'waiting for a sign of {_named(owner)}, which holds {path}'):
    while time.monotonic() < deadline:
      time.sleep(_BEAT_SECONDS / 10)
      current = _read(path)
      if current is None:
        return False
      if current != owner:
        return True
  return False


def _read(path: str) -> dict[str, Any] | None:
  """Returns the content of a lock; None without one, {} if it is damaged."""
  try:
    content = whole_files.read_json(path)
  except tf.errors.NotFoundError:
    return None
  except ValueError:
    return {}
  return content if isinstance(content, dict) else {}


def _locked(path: str, owner: Mapping[str, Any]) -> LockedError:
  work = 'evaluates' if path.endswith(EVAL) else 'trains'
  return LockedError(
    f'{os.path.dirname(path)}: {_named(owner)} {work} in this folder since '
    f'{owner.get("since")}. Wait for its end, stop it, or choose another '
    f'--model_dir. If it is not running, remove {path}'
  )


def _named(owner: Mapping[str, Any]) -> str:
  return f'process {owner.get("pid")} on {owner.get("host")}'


def _identity() -> dict[str, Any]:
  """Describes this process; `machine` is where its number means the same."""
  host = socket.gethostname()
  try:
    space = os.readlink('/proc/self/ns/pid')
  except OSError:
    space = ''
  pid = os.getpid()
  machine = f'{host} {space}'.strip()
  return {'host': host, 'machine': machine, 'pid': pid, 'birth': _birth(pid)}


def _birth(pid: int) -> str | None:
  """Returns the start of a process in clock ticks, '' if unknown, or None.

  A later process may get the same number.
  """
  try:
    os.kill(pid, 0)
  except ProcessLookupError:
    return None
  except PermissionError:
    pass  # A process of another user.
  try:
    text = pathlib.Path(f'/proc/{pid}/stat').read_text()
  except OSError:
    return ''
  # The name of the program, in brackets, may contain spaces.
  return text.rpartition(')')[2].split()[19]
