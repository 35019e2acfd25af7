"""Locks a folder or a set of files, on any file system of TensorFlow.

The lock is a file with the host, the process and a heartbeat, a number that the
owner raises every few seconds. A process that was killed leaves its lock. On
the same machine, another process then sees that the owner is gone. On another
machine, it sees that the heartbeat has stopped, which takes half a minute.
"""

import json
import os
import pathlib
import socket
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.console import saying

_BEAT_SECONDS = 10.0
_WATCHED_BEATS = 3  # Pauses in the beat after which its owner is dead.
_SETTLE_SECONDS = 0.3  # Of two processes that start together, one loses.
_OLD_SECONDS = 600.0


class LockedError(ValueError):
  """Another process works there."""


class Place(NamedTuple):
  """The files that a lock protects, in the words of its messages.

  Attributes:
    flag: the flag that names it, such as `--output`.
    value: the value of the flag.
    work: what the owner does, such as `trains in this folder`.
  """

  flag: str
  value: str
  work: str


class Lock:
  """A lock that this process holds; as a context, until its end."""

  def __init__(self, path: str, place: Place, note: str = ''):
    """Takes the lock, unless a process that is alive holds it.

    Args:
      path: path of the lock file, in an existing folder.
      place: what it protects.
      note: a text for other processes; see `require_free`.

    Raises:
      LockedError: another process holds the lock; the message names it.
    """
    self._path, self._place = path, place
    owner = _read(path)
    if owner and _is_alive(path, owner):
      raise _locked(path, place, owner)
    self._content = _identity() | {
      'token': uuid.uuid4().hex,
      'since': time.strftime('%Y-%m-%d %H:%M:%S %Z'),
      'work': place.work,
      'note': note,
      'beat': 0,
    }
    if owner is not None or not self._create():
      self._write()
      time.sleep(_SETTLE_SECONDS)
      self.check()
    self._released = threading.Event()
    self._thread = threading.Thread(target=self._keep_beating, daemon=True)
    self._thread.start()

  def __enter__(self) -> 'Lock':
    """Returns the lock, which this process holds already."""
    return self

  def __exit__(self, *_: Any) -> None:
    """Releases the lock."""
    self.release()

  def check(self, *_: Any) -> None:
    """Raises an error if another process has taken the lock.

    It can be an action of Orbit's controller, whose argument it ignores.

    Raises:
      LockedError: the lock has another owner now.
    """
    owner = _read(self._path)
    if owner and not self._is_ours(owner):
      raise _locked(self._path, self._place, owner)

  def release(self) -> None:
    """Removes the lock file, if it is still ours."""
    self._released.set()
    self._thread.join()
    owner = _read(self._path)
    if owner and self._is_ours(owner):
      whole_files.remove(self._path)

  def _is_ours(self, owner: Mapping[str, Any]) -> bool:
    return owner.get('token') == self._content['token']

  def _keep_beating(self) -> None:
    while not self._released.wait(_BEAT_SECONDS):
      try:
        owner = _read(self._path)
        if owner and not self._is_ours(owner):
          return  # Taken; the next `check` tells the run.
        self._write()
      except whole_files.ERRORS as error:
        # A full disk or a lost connection; the run itself reports these.
        why = whole_files.reason(error)
        print(f'note: {self._path}: {why}', file=sys.stderr)

  def _create(self) -> bool:
    """Makes the lock file at once, where a file system can; tells if it did.

    A link appears whole, and to one process alone.
    """
    if '://' in self._path:
      return False
    written = self._written()
    try:
      os.link(written, self._path)
    except FileExistsError:
      raise _locked(self._path, self._place, _read(self._path) or {}) from None
    except OSError:
      return False
    finally:
      whole_files.remove(written)
    return True

  def _write(self) -> None:
    tf.io.gfile.rename(self._written(), self._path, overwrite=True)

  def _written(self) -> str:
    """Writes the next beat to a temporary file."""
    self._content['beat'] += 1
    # Two processes that start together must not share a temporary file.
    written = f'{self._path}.{self._content["token"]}'
    with tf.io.gfile.GFile(written, 'w') as file:
      file.write(json.dumps(self._content) + '\n')
    return written


def require_free(path: str, place: Place, note: str) -> None:
  """Refuses a lock whose owner is alive, unless its note is the same.

  Args:
    path: path of the lock file, which need not exist.
    place: what the lock protects.
    note: the note of those with whom this process may share the place.

  Raises:
    LockedError: another process, with another note, holds the lock.
  """
  owner = _read(path)
  if owner and owner.get('note') != note and _is_alive(path, owner):
    raise _locked(path, place, owner)


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
  return content if isinstance(content, dict | None) else {}


def _locked(path: str, place: Place, owner: Mapping[str, Any]) -> LockedError:
  return LockedError(
    f'{place.flag}={place.value}: {_named(owner)} '
    f'{owner.get("work", place.work)} since {owner.get("since")}. Wait for its '
    f'end, stop it, or choose another {place.flag}. If it is not running, '
    f'remove {path}'
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
  fields = text.rpartition(')')[2].split()
  # One that has ended keeps its number until its parent asks for its status.
  return None if fields[0] == 'Z' else fields[19]
