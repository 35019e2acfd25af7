"""Files that are there whole or not at all."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
  """Gives a temporary name to write to and renames it to `path` at the end.

  Nothing is left at `path` or beside it when the body raises.

  Args:
    path: file to make or to replace; its folder must exist.

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
    path: file to make or to replace.
    data: what it shall hold.
  """
  with replacing(path) as temporary, open(temporary, 'wb') as file:
    file.write(data)
    file.flush()
