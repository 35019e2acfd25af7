"""Stacks of convolutions of the heads, and the initialiser of their weights.

EfficientNet uses the same initialiser.
"""

from collections.abc import Callable

import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm


def fan_out_normal() -> tf_keras.initializers.Initializer:
  """Returns a new normal initialiser of variance `2 / fan_out`.

  Every layer needs its own: one instance draws the same weights each time.
  """
  return tf_keras.initializers.VarianceScaling(
    2.0, 'fan_out', 'untruncated_normal'
  )


def stack(
  count: int, filters: int, norm: Norm, conv_name: str, norm_name: Callable
) -> list[tuple[tf_keras.layers.Layer, tf_keras.layers.Layer]]:
  """Makes 3x3 convolutions with bias, each with its batch normalisation.

  Args:
    count: number of convolutions.
    filters: output channels of each convolution.
    norm: batch normalisation after each convolution.
    conv_name: prefix of the names of the convolutions; a number from 0
      follows.
    norm_name: takes nothing, returns the name of the next normalisation.

  Returns:
    Pairs of a convolution and its normalisation.
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
