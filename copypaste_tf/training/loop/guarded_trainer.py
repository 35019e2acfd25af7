"""Checks each loop of training steps for divergence."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tf_keras

from copypaste_tf.training.loop.divergence import DivergenceDetector
from copypaste_tf.training.loop.trainer import Trainer


class StepLosses(tf_keras.metrics.Mean):
  """Holds the mean loss of a loop, and the loss of each step and replica."""

  def __init__(self, steps: int, name: str):
    """Makes the metric, in the scope of the strategy.

    Args:
      steps: largest number of steps of a loop.
      name: name of the metric.
    """
    super().__init__(name, dtype=tf.float32)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    # Each replica writes its own column; the sum over replicas has all columns.
    self._losses = self.add_weight(
      'losses', shape=[steps, replicas], initializer='zeros'
    )

  def update_state(self, loss: tf.Tensor) -> None:
    """Adds the scalar loss of this replica's next step."""
    steps, replicas = self._losses.shape
    context = tf.distribute.get_replica_context()
    step = tf.range(steps) == tf.cast(self.count, tf.int32)
    replica = tf.range(replicas) == context.replica_id_in_sync_group
    entry = step[:, tf.newaxis] & replica[tf.newaxis]
    self._losses.assign(tf.where(entry, loss, self._losses))
    super().update_state(loss)

  def reset_state(self) -> None:
    """Starts the next loop."""
    for variable in self.variables:
      variable.assign(tf.zeros(variable.shape))

  def by_step(self) -> np.ndarray:
    """Returns the `[steps, replicas]` float32 losses of the loop so far."""
    losses = self._losses.numpy()
    return losses[: int(self.count.numpy()) // losses.shape[1]]


class GuardedTrainer(Trainer):
  """Raises a `LoopError` after a loop that diverged.

  Orbit's controller calls its actions and saves a checkpoint only after a loop
  without an error. So no action and no checkpoint sees a diverged loop.
  """

  def __init__(self, *args, **kwargs):
    """Makes the trainer of a run, in the scope of its strategy.

    Args:
      *args: arguments of `Trainer`.
      **kwargs: arguments of `Trainer`.
    """
    super().__init__(*args, **kwargs)
    self._train_loss = StepLosses(
      self.config.trainer.steps_per_loop, 'training_loss'
    )
    self._detector = DivergenceDetector(
      self.config.task.divergence.explosion_factor
    )
    self._count_nonfinite = tf.function(
      lambda: count_nonfinite(self.strategy, self.model.variables)
    )

  def train_loop_end(self) -> Mapping[str, tf.Tensor]:
    """Returns the values that a loop reports.

    Raises:
      LoopError: the loop diverged.
    """
    losses = self._train_loss.by_step()
    logs = super().train_loop_end()
    fault = self._detector.fault(losses, not int(self._count_nonfinite()))
    if fault is not None:
      raise fault
    return logs


def count_nonfinite(
  strategy: tf.distribute.Strategy, variables: Sequence[tf.Variable]
) -> tf.Tensor:
  """Counts variables with NaN or infinity, and sums over the replicas.

  Args:
    strategy: strategy of the variables.
    variables: variables of the model. Momentum and averages need no check: if
      one of them is not finite, a weight is or will be.

  Returns:
    An int32 scalar.
  """

  def of_replica():
    sound = [
      tf.reduce_all(tf.math.is_finite(v))
      for v in variables
      if v.dtype.is_floating
    ]
    return tf.reduce_sum(1 - tf.cast(tf.stack(sound), tf.int32))

  return strategy.reduce(
    tf.distribute.ReduceOp.SUM, strategy.run(of_replica), axis=None
  )
