"""What a run prints: our lines, and none of Orbit's."""

import contextlib
import io
from collections.abc import Iterator

from absl import logging


class Printer:
  """Prints at once, to what was the standard output when it was made."""

  def __init__(self, stream):
    self._stream = stream

  def __call__(self, line: str) -> None:
    """Prints a line."""
    print(line, file=self._stream, flush=True)


class _Log(io.TextIOBase):
  """A stream that goes to the log, for those who raise its verbosity."""

  def write(self, text: str) -> int:
    if text.strip():
      logging.debug(text.rstrip())
    return len(text)


@contextlib.contextmanager
def quiet_orbit() -> Iterator[None]:
  """Sends Orbit's many-line prints to the log; ours has one line."""
  with contextlib.redirect_stdout(_Log()):
    yield
