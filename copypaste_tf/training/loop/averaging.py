"""The moving average of the weights, as an optimizer around another."""

import tensorflow as tf
from official.modeling import optimization


class Averaged(optimization.ExponentialMovingAverage):
  """Model Garden's moving average, but that a swap does not round.

  A run that is evaluated in between has the same weights as one that is not.
  """

  def swap_weights(self) -> None:
    """Exchanges the weights of the model and their averages."""
    for average, weight in zip(
      self._average_weights, self._model_weights, strict=True
    ):
      value = tf.identity(weight)
      weight.assign(tf.identity(average))
      average.assign(value)
