"""Reads and writes files whole: atomically, or with one line about the fault.

Text files, files of JSON lines, and outputs that are tried before the work.
"""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

_PIECE = 1 << 24  # Bytes that are read at once.
ERRORS = (tf.errors.OpError, OSError)
"""Errors of a file system, local or not."""


def write(path: str, text: str) -> None:
  """Writes a file of UTF-8 text atomically; see `replacing`."""
  write_bytes(path, text.encode())


def read(path: str) -> str:
  """Reads a file of UTF-8 text whole; see `read_bytes`."""
  return read_bytes(path).decode()


def read_bytes(path: str) -> bytes:
  """Reads a file whole, even if it is replaced meanwhile.

  A `GFile` that is read at once reads as many bytes as the file of that name
  has by then, which cuts the content of the file that it has opened.
  """
  with tf.io.gfile.GFile(path, 'rb') as file:
    return b''.join(iter(lambda: file.read(_PIECE), b''))


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
  """Yields a temporary name, and renames that file to `path` at the end.

  The name is of this attempt alone, since two machines may write the same file.
  The temporary file is removed if the body raises.

  Args:
    path: file to create or replace, on any file system; its folder exists.

  Yields:
    A name in the same folder, so that the rename is atomic.
  """
  unfinished = temporary(path)
  try:
    yield unfinished
    if '://' not in unfinished:
      # A machine that loses its power could keep the name, but not the content.
      with open(unfinished, 'rb') as file:
        os.fsync(file.fileno())
    tf.io.gfile.rename(unfinished, path, overwrite=True)
  finally:
    remove(unfinished)


def temporary(path: str) -> str:
  """Returns a hidden name in the folder of a file, which no other file has."""
  folder, name = os.path.split(path)
  return os.path.join(folder, f'.{name}.{uuid.uuid4().hex}.tmp')


def write_bytes(path: str, data: bytes) -> None:
  """Writes a file atomically; see `replacing`."""
  with replacing(path) as new, tf.io.gfile.GFile(new, 'wb') as file:
    file.write(data)


def sha256(path: str) -> str:
  """Returns the hexadecimal digest of a file, which is read in pieces."""
  digest = hashlib.sha256()
  with tf.io.gfile.GFile(path, 'rb') as file:
    while piece := file.read(_PIECE):
      digest.update(piece)
  return digest.hexdigest()


def remove(path: str) -> None:
  """Removes a file, unless it is gone already."""
  with contextlib.suppress(tf.errors.NotFoundError):
    tf.io.gfile.remove(path)


def read_json(path: str) -> Any:
  """Returns the content of a JSON file; None if the file does not exist.

  Raises:
    ValueError: the file is damaged; the message names it.
  """
  if not tf.io.gfile.exists(path):
    return None
  text = read(path)
  try:
    return json.loads(text)
  except json.JSONDecodeError as error:
    raise ValueError(f'{path} is not JSON: {error}') from error


def read_rows(path: str, *, mend: bool = False) -> list[dict[str, Any]]:
  """Returns the rows of a file of JSON lines; none if it does not exist.

  An incomplete last line, whose writer was killed, is ignored.

  Args:
    path: path of the file.
    mend: whether to remove an incomplete last line, so that rows can be
      appended.

  Raises:
    ValueError: another line is damaged; the message names the file.
  """
  if not tf.io.gfile.exists(path):
    return []
  text = read(path)
  complete = text[: text.rfind('\n') + 1]
  try:
    rows = [json.loads(line) for line in complete.splitlines()]
  except json.JSONDecodeError as error:
    raise ValueError(
      f'{path} is damaged, remove it or the line: {error}'
    ) from error
  if mend and complete != text:
    write(path, complete)
  return rows


def write_rows(path: str, rows: Iterable[dict[str, Any]]) -> None:
  """Writes a file of JSON lines for `read_rows`."""
  write(path, ''.join(json.dumps(row) + '\n' for row in rows))


def check_file(path: str, flag: str) -> None:
  """Refuses a file that cannot be written, before the work for it starts.

  The folders above it are made if they do not exist.

  Args:
    path: path of the file, which need not exist.
    flag: flag that names it, such as `--output`.

  Raises:
    ValueError: the path is a folder, or the file cannot be written.
  """
  with file_errors(f'{flag}={path}'):
    if tf.io.gfile.isdir(path):
      raise ValueError(f'{flag}={path}: expected a file, got a folder')
    if os.path.exists(path):
      # A device such as /dev/null is written where others may not be made.
      if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    elif not tf.io.gfile.exists(path):
      tf.io.gfile.makedirs(os.path.dirname(path) or '.')
      _try_to_write(path)


def check_folder(path: str, flag: str) -> None:
  """Makes a folder for outputs, and refuses one that cannot be written to.

  Args:
    path: path of the folder, which need not exist.
    flag: flag that names it, such as `--output`.

  Raises:
    ValueError: the folder cannot be made, or no file can be made in it.
  """
  with file_errors(f'{flag}={path}'):
    tf.io.gfile.makedirs(path)
    _try_to_write(os.path.join(path, f'.writable-{os.getpid()}'))


def _try_to_write(path: str) -> None:
  with tf.io.gfile.GFile(path, 'w') as file:
    file.write('')
  tf.io.gfile.remove(path)


def write_or_keep(path: str, write: Callable[[str], None]) -> None:
  """Writes the result of long work; if that fails, writes it elsewhere.

  Args:
    path: path of the file.
    write: writes the file to the path that it is given.

  Raises:
    ValueError: the file could not be written. The message says why, and where
      the content is instead.
  """
  try:
    write(path)
    return
  except ERRORS as error:
    message = f'{path} was not written: {reason(error)}'
  kept = os.path.join(tempfile.mkdtemp(), os.path.basename(path))
  try:
    write(kept)
  except ERRORS as error:
    raise ValueError(f'{message}; nor was {kept}: {reason(error)}') from error
  raise ValueError(f'{message}; its content is kept in {kept}')


@contextlib.contextmanager
def file_errors(name: str) -> Iterator[None]:
  """Replaces an error of the file system by one line.

  Args:
    name: the flag and the path in question.

  Raises:
    ValueError: the file system refuses something. The message is `name` and the
      reason.
  """
  try:
    yield
  except ERRORS as error:
    raise ValueError(f'{name}: {reason(error)}') from error


def reason(error: Exception) -> str:
  """Returns the reason of an error of the file system, without the path."""
  text = getattr(error, 'strerror', None) or getattr(error, 'message', '')
  # TensorFlow writes `FILE; reason`.
  return (text or str(error)).split('\n')[0].split('; ')[-1]
