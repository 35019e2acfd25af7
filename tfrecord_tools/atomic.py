"""Writes files atomically."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
  """Yields a temporary name, and renames that file to `path` at the end.

  The temporary file is removed when the body raises.

  Args:
    path: file to create or replace; its folder must exist.

  Yields:
    A name in the same folder, so that the rename is atomic.
  """
  folder, name = os.path.split(path)
  temporary = os.path.join(folder, f'.{name}.{os.getpid()}.tmp')
  try:
    yield temporary
    with open(temporary, 'rb') as file:
      os.fsync(file.fileno())
    os.replace(temporary, path)
  finally:
    with contextlib.suppress(FileNotFoundError):
      os.remove(temporary)


def write_bytes(path: str, data: bytes) -> None:
  """Writes a file atomically.

  Args:
    path: file to create or replace.
    data: new content.
  """
  with replacing(path) as temporary, open(temporary, 'wb') as file:
    file.write(data)
    file.flush()
