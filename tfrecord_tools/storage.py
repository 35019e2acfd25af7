"""Reads files and folders of this machine or of a remote file system.

A remote path names its file system, such as `gs://bucket/images`, and
TensorFlow knows it. A request takes some hundredths of a second there. So a
folder is listed as a whole, and its files are not asked for one by one.
"""

import errno
import os
from collections.abc import Iterator

import tensorflow as tf

from copypaste_tf import whole_files


def is_remote(path: str) -> bool:
  """Returns whether a path names its file system."""
  return '://' in path


def exists(path: str) -> bool:
  """Returns whether there is a file or folder.

  Raises:
    OSError: a remote file system cannot tell.
  """
  if not is_remote(path):
    return os.path.exists(path)
  try:
    return tf.io.gfile.exists(path)
  except tf.errors.OpError as error:
    raise _os_error(path, error) from error


def is_folder(path: str) -> bool:
  """Returns whether there is a folder.

  Raises:
    OSError: a remote file system cannot tell.
  """
  if not is_remote(path):
    return os.path.isdir(path)
  # TensorFlow takes a file system that does not answer for an empty one.
  return exists(path) and tf.io.gfile.isdir(path)


def size(path: str) -> int:
  """Returns the bytes of a file, -1 if there is none.

  Raises:
    OSError: a remote file system cannot tell.
  """
  if not is_remote(path):
    return os.path.getsize(path) if os.path.exists(path) else -1
  try:
    return tf.io.gfile.stat(path).length
  except tf.errors.NotFoundError:
    return -1
  except tf.errors.OpError as error:
    raise _os_error(path, error) from error


def read(path: str, offset: int = 0, length: int = -1) -> bytes | None:
  """Returns the content of a file, None if there is none.

  Args:
    path: the file.
    offset: first byte to read.
    length: number of bytes, -1 for all that follow; a file that ends earlier
      gives fewer.

  Raises:
    OSError: the file cannot be read.
  """
  try:
    opened = tf.io.gfile.GFile if is_remote(path) else open
    with opened(path, 'rb') as file:
      file.seek(offset)
      return file.read(length)
  except (FileNotFoundError, tf.errors.NotFoundError):
    return None
  except tf.errors.OpError as error:
    raise _os_error(path, error) from error


def names(folder: str) -> list[str]:
  """Returns the names in a folder, none if there is no such folder."""
  if not is_folder(folder):
    return []
  return (tf.io.gfile.listdir if is_remote(folder) else os.listdir)(folder)


def remote_files(folder: str) -> Iterator[str]:
  """Yields the files of a remote folder and of those in it.

  Args:
    folder: such as `gs://bucket/images`.

  Yields:
    Paths relative to the folder, those with fewer parts first.
  """
  root = folder.rstrip('/')
  found, depth = tf.io.gfile.glob(f'{root}/*'), 1
  while found:
    depth += 1
    # Google's storage answers this with one list of all that is below, a
    # thousand at a time. It does not say what is a folder.
    below = tf.io.gfile.glob(root + '/*' * depth)
    folders = {os.path.dirname(path) for path in below}
    yield from (p[len(root) + 1 :] for p in found if p not in folders)
    found = below


def _os_error(path: str, error: tf.errors.OpError) -> OSError:
  return OSError(errno.EIO, whole_files.reason(error), path)
