"""Averages the weights over the steps, in a wrapper of the optimizer."""

import tensorflow as tf
from official.modeling import optimization


class Averaged(optimization.ExponentialMovingAverage):
  """Swaps weights and averages without rounding, unlike its base class.

  So evaluations during a run do not change its weights.
  """

  def swap_weights(self) -> None:
    """Exchanges the weights of the model and their averages."""
    for average, weight in zip(
      self._average_weights, self._model_weights, strict=True
    ):
      value = tf.identity(weight)
      weight.assign(tf.identity(average))
      average.assign(value)
