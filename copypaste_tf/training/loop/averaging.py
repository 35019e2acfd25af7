"""Keeps moving averages of the weights in a wrapper of the optimizer."""

import tensorflow as tf
from official.modeling import optimization


class Averaged(optimization.ExponentialMovingAverage):
  """Swaps weights and averages exactly; the base class rounds.

  So an evaluation during a run does not change the weights.
  """

  def swap_weights(self) -> None:
    """Exchanges the weights of the model and their averages."""
    for average, weight in zip(
      self._average_weights, self._model_weights, strict=True
    ):
      value = tf.identity(weight)
      weight.assign(tf.identity(average))
      average.assign(value)
