"""Drops the residual branch of random examples (stochastic depth)."""

import tf_keras


def drop_connect(rate: float, name: str) -> tf_keras.layers.Layer:
  """Makes a layer that zeroes whole examples during training.

  It maps `[b, h, w, c]` to the same shape and dtype. The examples that it keeps
  are divided by `1 - rate`, so that the mean does not change. The published
  code calls this drop-connect.

  Args:
    rate: probability that an example is dropped, in [0, 1).
    name: name of the layer.

  Returns:
    The layer.
  """
  return tf_keras.layers.Dropout(rate, (None, 1, 1, 1), name=name)
