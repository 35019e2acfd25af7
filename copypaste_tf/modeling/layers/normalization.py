"""Batch normalisation as the detector and the backbones have it."""

import dataclasses

import tf_keras


@dataclasses.dataclass(frozen=True)
class Norm:
  """How activations are normalised.

  Attributes:
    momentum: of the moving statistics, in [0, 1).
    epsilon: added to the variance.
    synchronized: take the statistics over all replicas.
  """

  momentum: float = 0.997
  epsilon: float = 1e-4
  synchronized: bool = False

  def layer(self, name: str) -> tf_keras.layers.Layer:
    """Returns a batch normalisation over the last axis."""
    return tf_keras.layers.BatchNormalization(
      momentum=self.momentum,
      epsilon=self.epsilon,
      synchronized=self.synchronized,
      name=name,
    )
