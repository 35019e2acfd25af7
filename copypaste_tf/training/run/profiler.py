"""Profiles a few steps of a training with the profiler of TensorFlow."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orbit
import tensorflow as tf


class Window(NamedTuple):
  """A range of steps to profile.

  Attributes:
    start: number of steps before the range.
    count: number of steps in the range.
  """

  start: int
  count: int

  @property
  def end(self) -> int:
    """Number of steps up to the end of the range."""
    return self.start + self.count


def window(text: str) -> Window:
  """Parses a `Window` from `START:COUNT`.

  Raises:
    ValueError: the text has another form, or COUNT is 0.
  """
  start, _, count = text.partition(':')
  if not (start.isdecimal() and count.isdecimal() and int(count)):
    raise ValueError(
      f'expected START:COUNT, such as 100:5 for five steps after step 100, '
      f'got {text!r}'
    )
  return Window(int(start), int(count))


class Profiler:
  """Profiles exactly the steps of a window.

  It shortens the training loops so that one ends at the start of the window and
  one at its end.
  """

  def __init__(
    self, steps: Window, folder: str, write: Callable[[str], Any] = print
  ):
    """Stores the settings; the profile starts with the first step in `steps`.

    Args:
      steps: the steps to profile.
      folder: folder of TensorBoard; the profile is written to its subfolder
        `plugins/profile`.
      write: prints a line.
    """
    self._steps, self._folder, self._write = steps, folder, write
    self._running = False

  def controller(self, **arguments: Any) -> orbit.Controller:
    """Makes an Orbit controller whose loops fit the window.

    Args:
      **arguments: arguments of `orbit.Controller`.
    """
    full, step = arguments['steps_per_loop'], arguments['global_step']
    arguments['steps_per_loop'] = lambda done: self._begin_loop(done, full)
    controller = orbit.Controller(**arguments)
    controller.train_actions += (
      lambda output: self._end_loop(int(step.numpy())),
    )
    return controller

  def _begin_loop(self, done: int, full: int) -> int:
    """Starts the profile at the start of the window.

    Args:
      done: number of steps done so far.
      full: number of steps of a loop that is not shortened.

    Returns:
      The number of steps of the next loop.
    """
    steps = self._steps
    if not self._running and steps.start <= done < steps.end:
      tf.profiler.experimental.start(self._folder)
      self._running = True
    ahead = [bound - int(done) for bound in (steps.start, steps.end)]
    return min([full, *(count for count in ahead if count > 0)])

  def _end_loop(self, done: int) -> None:
    """Writes the profile at the end of the window."""
    steps = self._steps
    if self._running and done >= steps.end:
      self._running = False
      tf.profiler.experimental.stop()
      self._write(
        f'profiled steps {steps.start + 1} to {steps.end}: '
        f'tensorboard --logdir={self._folder}'
      )
