"""Prints the lines of a verb, names work that takes long, hides Orbit's lines.

`saying` names the work of a block on the standard error:

    with saying('compiling the training step'):
      compile()
"""

import contextlib
import io
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from absl import logging

_FIRST = 2.0  # A block that is quicker prints nothing.
_EVERY = 4.0  # No pause is longer than 5 seconds ...
_LATER = 0.1  # ... until this part of the elapsed time is.
_TERMINAL_EVERY = 1.0  # A terminal shows one line, which is replaced.
_CLEAR = '\r\x1b[K'
_lock = threading.Lock()
_running: list['Activity'] = []


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


class Activity:
  """Work that may take long; a thread prints its name and the elapsed time."""

  def __init__(self, name: str, stream: TextIO):
    """Starts the clock.

    Args:
      name: the work, such as `compiling the training step`.
      stream: receives the lines.
    """
    self.name = name
    self._stream, self._terminal = stream, stream.isatty()
    self._began, self._progress = time.monotonic(), ''
    self._printed = False
    self._ended = threading.Event()
    self._thread = threading.Thread(target=self._tick, daemon=True)
    self._thread.start()

  def update(self, done: int, total: int | None, unit: str) -> None:
    """Sets how far the work is.

    Args:
      done: number of units that are done.
      total: number of units in all; None if it is unknown.
      unit: such as `images`.
    """
    share = f'{done} {unit}' if total is None else f'{done} of {total} {unit}'
    left = ''
    if total and done:
      seconds = time.monotonic() - self._began
      left = f', {duration(seconds * (total - done) / done)} left'
    self._progress = f', {share}{left}'

  def end(self, completed: bool) -> None:
    """Stops the thread; says how long the work took if it was named."""
    self._ended.set()
    self._thread.join()
    if self._printed and completed:
      self._print(f'{self._line()}, done', last=True)
    elif self._printed and self._terminal:
      self._stream.write(_CLEAR)

  def _tick(self) -> None:
    wait = _FIRST
    while not self._ended.wait(wait):
      with _lock:
        if _running and _running[-1] is self:
          self._print(self._line())
      elapsed = time.monotonic() - self._began
      wait = max(_EVERY, _LATER * elapsed)
      wait = _TERMINAL_EVERY if self._terminal else wait

  def _line(self) -> str:
    seconds = duration(time.monotonic() - self._began)
    return f'{self.name}: {seconds}{self._progress}'

  def _print(self, line: str, last: bool = False) -> None:
    self._printed = True
    text = f'{line}\n'
    if self._terminal:
      text = f'{_CLEAR}{line}' + '\n' * last
    self._stream.write(text)
    self._stream.flush()


@contextlib.contextmanager
def saying(name: str, stream: TextIO | None = None) -> Iterator[Activity]:
  """Prints the name of the work in a block if it takes longer than 2 seconds.

  It repeats the line with the elapsed time: on a terminal in place, elsewhere
  every few seconds. Only the innermost of several blocks speaks.

  Args:
    name: the work, such as `compiling the training step`.
    stream: receives the lines; by default the standard error.

  Yields:
    The `Activity`, whose `update` adds how far the work is.
  """
  activity, completed = Activity(name, stream or sys.stderr), False
  _running.append(activity)
  try:
    yield activity
    completed = True
  finally:
    with _lock:
      _running.remove(activity)
    activity.end(completed)


def duration(seconds: float) -> str:
  """Formats seconds such as `2h03m`, `3m12s`, `9s`."""
  seconds = max(round(seconds), 0)
  hours, minutes = seconds // 3600, seconds % 3600 // 60
  if hours:
    return f'{hours}h{minutes:02}m'
  return f'{minutes}m{seconds % 60:02}s' if minutes else f'{seconds}s'
