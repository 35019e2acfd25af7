"""TensorFlow's profiler, for a few steps of a training on request."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orbit
import tensorflow as tf


class Window(NamedTuple):
  """The steps that are profiled.

  Attributes:
    start: steps that are done before.
    count: how many are profiled.
  """

  start: int
  count: int

  @property
  def end(self) -> int:
    """Steps that are done behind."""
    return self.start + self.count


def window(text: str) -> Window:
  """Reads `START:COUNT`.

  Raises:
    ValueError: it is something else, or no steps.
  """
  start, _, count = text.partition(':')
  if not (start.isdecimal() and count.isdecimal() and int(count)):
    raise ValueError(
      f'expected START:COUNT, such as 100:5 for five steps behind step 100, '
      f'got {text!r}'
    )
  return Window(int(start), int(count))


class Profiler:
  """Profiles exactly the steps of a window.

  The loops of steps are cut where it begins and where it ends.
  """

  def __init__(
    self, steps: Window, folder: str, write: Callable[[str], Any] = print
  ):
    """Prepares.

    Args:
      steps: which ones.
      folder: the profile goes to `plugins/profile` there, where TensorBoard
        looks for it.
      write: takes a line for the user.
    """
    self._steps, self._folder, self._write = steps, folder, write
    self._running = False

  def controller(self, **arguments: Any) -> orbit.Controller:
    """Returns Orbit's controller with loops that fit the window.

    Args:
      **arguments: of Orbit's controller.
    """
    usual, step = arguments['steps_per_loop'], arguments['global_step']
    arguments['steps_per_loop'] = lambda done: self._begin_loop(done, usual)
    made = orbit.Controller(**arguments)
    made.train_actions += (lambda output: self._end_loop(int(step.numpy())),)
    return made

  def _begin_loop(self, done: int, usual: int) -> int:
    """Starts the profile if it is time; returns the steps of a loop."""
    steps = self._steps
    if not self._running and steps.start <= done < steps.end:
      tf.profiler.experimental.start(self._folder)
      self._running = True
    cuts = [cut - int(done) for cut in (steps.start, steps.end)]
    return min([usual, *(cut for cut in cuts if cut > 0)])

  def _end_loop(self, done: int) -> None:
    """Writes the profile if it is time."""
    steps = self._steps
    if self._running and done >= steps.end:
      self._running = False
      tf.profiler.experimental.stop()
      self._write(
        f'profiled steps {steps.start + 1} to {steps.end}: '
        f'tensorboard --logdir={self._folder}'
      )
