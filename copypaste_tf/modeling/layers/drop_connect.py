"""Drop-connect: leave the residual branch of some examples out."""

import tf_keras


def drop_connect(rate: float, name: str) -> tf_keras.layers.Layer:
  """Returns a layer that zeroes whole examples while training.

  What is kept is divided by `1 - rate`, so that the mean stays.

  Args:
    rate: probability that an example is dropped, in [0, 1).
    name: of the layer.
  """
  return tf_keras.layers.Dropout(rate, (None, 1, 1, 1), name=name)
