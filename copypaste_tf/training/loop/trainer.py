"""Adds the gradient norm and the input wait to Model Garden's trainer."""

from typing import Any

import tensorflow as tf
import tf_keras
from official.core import base_trainer

GRADIENT_NORM, INPUT_SECONDS = 'gradient_norm', 'input_seconds'


class InputClock:
  """Measures the time that a loop of steps waits for its batches.

  The host reads the time before and after `next`, within the graph of the loop.
  A GPU may still compute the previous step during this time. So the measured
  time is an upper bound of the time that faster inputs could save.
  """

  def __init__(self):
    """Makes a variable on the host; call it outside of a strategy's scope."""
    with tf.device('CPU:0'):
      self._seconds = tf.Variable(0.0, trainable=False, dtype=tf.float64)

  def next(self, iterator) -> Any:
    """Returns the next batch; works in a graph and eagerly."""
    began = tf.timestamp()
    with tf.control_dependencies([began]):
      batch = next(iterator)
    # Parts that are absent, such as sources of their own, are None.
    parts = tf.nest.flatten(batch, expand_composites=True)
    parts = [part for part in parts if part is not None]
    with tf.control_dependencies(parts):
      stopped = self._seconds.assign_add(tf.timestamp() - began)
    # Else a single thread may run the step first, and read the time after it.
    with tf.control_dependencies([stopped]):
      return tf.nest.map_structure(
        lambda part: None if part is None else tf.identity(part),
        batch,
        expand_composites=True,
      )

  def read(self) -> float:
    """Returns the seconds of waiting since the last call."""
    seconds = float(self._seconds.numpy())
    self._seconds.assign(0.0)
    return seconds


class Trainer(base_trainer.Trainer):
  """Adds two values to the report of a loop.

  `gradient_norm` is the global norm of the gradients, summed over the replicas
  and not yet clipped, averaged over the steps. With float16, steps that the
  loss scale skips are left out. `input_seconds` is the mean time in seconds
  that a step waited for its batch.
  """

  def __init__(self, *args, clock: InputClock | None = None, **kwargs):
    """Makes the trainer of a run, in the scope of its strategy.

    Args:
      *args: arguments of Model Garden's trainer.
      clock: measures the inputs; None if the steps do not run on this host.
      **kwargs: arguments of Model Garden's trainer.
    """
    super().__init__(*args, **kwargs)
    self._clock = clock
    self._gradient_norm = tf_keras.metrics.Mean(GRADIENT_NORM, tf.float32)
    _measure_gradients(self.optimizer, self._gradient_norm)

  def next_train_inputs(self, iterator) -> Any:
    """Returns the next batch, and measures the wait."""
    return next(iterator) if self._clock is None else self._clock.next(iterator)

  def train_loop_begin(self) -> None:
    """Starts the measurements of a loop."""
    super().train_loop_begin()
    self._first_step = int(self.global_step.numpy())
    self._gradient_norm.reset_states()
    if self._clock is not None:
      self._clock.read()

  def train_loop_end(self) -> dict[str, Any]:
    """Returns the values that a loop reports."""
    logs = super().train_loop_end()
    logs[GRADIENT_NORM] = self._gradient_norm.result()
    if self._clock is not None:
      steps = int(self.global_step.numpy()) - self._first_step
      logs[INPUT_SECONDS] = self._clock.read() / max(steps, 1)
    return logs


def _measure_gradients(
  optimizer: tf_keras.optimizers.Optimizer, norm: tf_keras.metrics.Mean
) -> None:
  """Updates a metric with the global gradient norm of each step."""
  scaled = isinstance(optimizer, tf_keras.mixed_precision.LossScaleOptimizer)
  inner = optimizer.inner_optimizer if scaled else optimizer
  # Model Garden's moving average has no public name for its inner optimizer.
  inner = getattr(inner, '_optimizer', inner)
  aggregate = inner.gradient_aggregator

  def aggregate_and_measure(grads_and_vars):
    summed = aggregate(grads_and_vars)
    value = tf.linalg.global_norm([gradient for gradient, _ in summed])
    counted = tf.math.is_finite(value) if scaled else tf.constant(True)
    norm.update_state(
      tf.where(counted, value, 0.0), tf.cast(counted, tf.float32)
    )
    return summed

  inner.gradient_aggregator = aggregate_and_measure
