"""Makes the batch normalisation of the detector and of the backbones."""

import dataclasses

import tf_keras


@dataclasses.dataclass(frozen=True)
class Norm:
  """Settings of batch normalisation.

  Attributes:
    momentum: momentum of the moving statistics, in [0, 1).
    epsilon: constant that is added to the variance, above 0.
    synchronized: compute the batch statistics over all replicas.
  """

  momentum: float = 0.997
  epsilon: float = 1e-4
  synchronized: bool = False

  def layer(self, name: str) -> tf_keras.layers.Layer:
    """Makes a batch normalisation of the last axis; shape and dtype stay."""
    return tf_keras.layers.BatchNormalization(
      momentum=self.momentum,
      epsilon=self.epsilon,
      synchronized=self.synchronized,
      name=name,
    )
