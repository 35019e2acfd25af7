"""Prints the lines of a run and hides those of Orbit."""

import contextlib
import io
from collections.abc import Iterator

from absl import logging


class Printer:
  """Prints lines to a stream and flushes each.

  It keeps the stream, so `quiet_orbit` does not hide its lines.
  """

  def __init__(self, stream):
    self._stream = stream

  def __call__(self, line: str) -> None:
    """Prints a line."""
    print(line, file=self._stream, flush=True)


class _Log(io.TextIOBase):
  """A stream that writes to the log at the level `debug`."""

  def write(self, text: str) -> int:
    if text.strip():
      logging.debug(text.rstrip())
    return len(text)


@contextlib.contextmanager
def quiet_orbit() -> Iterator[None]:
  """Redirects the prints of Orbit to the log, while the context lasts."""
  with contextlib.redirect_stdout(_Log()):
    yield
