"""Model Garden's trainer, which also measures its steps."""

from typing import Any

import tensorflow as tf
import tf_keras
from official.core import base_trainer

GRADIENT_NORM, INPUT_SECONDS = 'gradient_norm', 'input_seconds'


class InputClock:
  """The time for which a loop of steps stands still for its next batch.

  It is read on the host around `next`, within the graph of the loop. A step
  that a GPU has not finished yet is still running then, so that what is
  measured is the most that faster inputs could save.
  """

  def __init__(self):
    """Makes a variable of the host; to be called outside a strategy's scope."""
    with tf.device('CPU:0'):
      self._seconds = tf.Variable(0.0, trainable=False, dtype=tf.float64)

  def next(self, iterator) -> Any:
    """Returns the next batch; in a graph or outside of one."""
    began = tf.timestamp()
    with tf.control_dependencies([began]):
      batch = next(iterator)
    parts = tf.nest.flatten(batch, expand_composites=True)
    with tf.control_dependencies(parts):
      self._seconds.assign_add(tf.timestamp() - began)
    return batch

  def read(self) -> float:
    """Returns the seconds since it was read before."""
    seconds = float(self._seconds.numpy())
    self._seconds.assign(0.0)
    return seconds


class Trainer(base_trainer.Trainer):
  """Model Garden's trainer; its loops report two values more.

  `gradient_norm` is the mean over the steps of the norm of all gradients
  together, summed over the replicas and not yet clipped. With float16, steps
  that the loss scale skips are left out. `input_seconds` is the mean time of a
  step for which it waited for its batch, in seconds.
  """

  def __init__(self, *args, clock: InputClock | None = None, **kwargs):
    """Makes the trainer of a run, in the scope of its strategy.

    Args:
      *args: of Model Garden's trainer.
      clock: measures the inputs; None where steps do not run on this host.
      **kwargs: of Model Garden's trainer.
    """
    super().__init__(*args, **kwargs)
    self._clock = clock
    self._gradient_norm = tf_keras.metrics.Mean(GRADIENT_NORM, tf.float32)
    _watch_gradients(self.optimizer, self._gradient_norm)

  def next_train_inputs(self, iterator) -> Any:
    """Returns the next batch, and measures how long it took."""
    return next(iterator) if self._clock is None else self._clock.next(iterator)

  def train_loop_begin(self) -> None:
    """Starts to measure."""
    super().train_loop_begin()
    self._first_step = int(self.global_step.numpy())
    self._gradient_norm.reset_states()
    if self._clock is not None:
      self._clock.read()

  def train_loop_end(self) -> dict[str, Any]:
    """Returns what a loop reports."""
    logs = super().train_loop_end()
    logs[GRADIENT_NORM] = self._gradient_norm.result()
    if self._clock is not None:
      steps = int(self.global_step.numpy()) - self._first_step
      logs[INPUT_SECONDS] = self._clock.read() / max(steps, 1)
    return logs


def _watch_gradients(
  optimizer: tf_keras.optimizers.Optimizer, norm: tf_keras.metrics.Mean
) -> None:
  """Updates a metric with the norm of the gradients of each step."""
  scaled = isinstance(optimizer, tf_keras.mixed_precision.LossScaleOptimizer)
  inner = optimizer.inner_optimizer if scaled else optimizer
  # Model Garden's moving averages wrap an optimizer, and have no name for it.
  inner = getattr(inner, '_optimizer', inner)
  aggregate = inner.gradient_aggregator

  def watched(grads_and_vars):
    summed = aggregate(grads_and_vars)
    value = tf.linalg.global_norm([gradient for gradient, _ in summed])
    counted = tf.math.is_finite(value) if scaled else tf.constant(True)
    norm.update_state(
      tf.where(counted, value, 0.0), tf.cast(counted, tf.float32)
    )
    return summed

  inner.gradient_aggregator = watched
