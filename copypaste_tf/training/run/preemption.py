"""A run that is asked to end writes a checkpoint first."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator


class Preempted(SystemExit):
  """The run was asked to end and has saved; the exit status says so."""

  def __init__(self):
    super().__init__(128 + signal.SIGTERM)


class Preemption:
  """Saves and ends behind the loop in which SIGTERM came.

  Args:
    save: writes a checkpoint.
    write: takes a line for the user.
    anyone: takes whether this process was asked, and returns whether any of
      those that run together was.
  """

  def __init__(
    self,
    save: Callable[[], object],
    write: Callable[[str], None],
    anyone: Callable[[bool], bool] = bool,
  ):
    self._save, self._write, self._anyone = save, write, anyone
    self._asked = threading.Event()

  def __call__(self, output: object) -> None:
    """Is called behind each loop of the trainer.

    Raises:
      Preempted: the run was asked to end.
    """
    del output
    if self._anyone(self._asked.is_set()):
      self._save()
      self._write('asked to end (SIGTERM): saved; the same command goes on')
      raise Preempted()

  @contextlib.contextmanager
  def listening(self) -> Iterator[None]:
    """Waits for SIGTERM; only the main thread of a process can."""
    if threading.current_thread() is not threading.main_thread():
      yield
      return
    before = signal.signal(signal.SIGTERM, lambda *_: self._asked.set())
    try:
      yield
    finally:
      signal.signal(signal.SIGTERM, before)
