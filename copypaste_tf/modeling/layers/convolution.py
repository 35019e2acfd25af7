"""Convolutions as the heads and EfficientNet have them."""

from collections.abc import Callable

import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm


def fan_out_normal() -> tf_keras.initializers.Initializer:
  """Returns a new initialiser; one instance would draw the same weights."""
  return tf_keras.initializers.VarianceScaling(
    2.0, 'fan_out', 'untruncated_normal'
  )


def stack(
  count: int, filters: int, norm: Norm, conv_name: str, norm_name: Callable
) -> list[tuple[tf_keras.layers.Layer, tf_keras.layers.Layer]]:
  """Returns 3x3 convolutions with bias, each with its normalisation.

  Args:
    count: how many.
    filters: their channels.
    norm: after every convolution.
    conv_name: name of the convolutions, up to their number.
    norm_name: returns the name of the next normalisation.
  """
  return [
    (
      tf_keras.layers.Conv2D(
        filters,
        3,
        padding='same',
        kernel_initializer=fan_out_normal(),
        name=f'{conv_name}{i}',
      ),
      norm.layer(norm_name()),
    )
    for i in range(count)
  ]
