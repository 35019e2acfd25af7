"""Handles SIGTERM: a run saves a checkpoint, then ends."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator


class Preempted(SystemExit):
  """Ends a run that received SIGTERM and has saved; exit status 143."""

  def __init__(self):
    super().__init__(128 + signal.SIGTERM)


class Preemption:
  """Saves a checkpoint and ends the run after the loop in which SIGTERM came.

  Args:
    save: writes a checkpoint.
    write: prints a line.
    any_worker: takes True if this worker received SIGTERM, and returns True if
      any worker did.
  """

  def __init__(
    self,
    save: Callable[[], object],
    write: Callable[[str], None],
    any_worker: Callable[[bool], bool] = bool,
  ):
    self._save, self._write, self._any_worker = save, write, any_worker
    self._requested = threading.Event()

  def __call__(self, output: object) -> None:
    """Saves and ends the run after SIGTERM; an Orbit train action.

    Args:
      output: output of the loop; not used.

    Raises:
      Preempted: a worker received SIGTERM.
    """
    del output
    if self._any_worker(self._requested.is_set()):
      self._save()
      self._write('asked to end (SIGTERM): saved; the same command goes on')
      raise Preempted()

  @contextlib.contextmanager
  def listening(self) -> Iterator[None]:
    """Installs the SIGTERM handler; does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
      yield
      return
    before = signal.signal(signal.SIGTERM, lambda *_: self._requested.set())
    try:
      yield
    finally:
      signal.signal(signal.SIGTERM, before)
