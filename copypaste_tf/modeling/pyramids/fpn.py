"""Feature pyramid network (Lin et al. 2017) as published (tensorflow/tpu)."""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm

_FIRST_STRIDED = 6  # This level and coarser ones are strided convolutions.


class FPN(tf_keras.layers.Layer):
  """A top-down pathway with batch normalisation at the end of each level.

  Level 6 is a strided convolution of the output of level 5; the paper uses
  max-pooling instead.

  Args:
    norm: batch normalisation of each level.
    min_level: finest level.
    max_level: coarsest level.
    filters: channels of each level.
  """

  def __init__(
    self,
    norm: Norm,
    *,
    min_level: int = 2,
    max_level: int = 6,
    filters: int = 256,
  ):
    super().__init__(name='fpn')
    lateral = range(min_level, min(max_level, _FIRST_STRIDED - 1) + 1)
    levels = range(min_level, max_level + 1)
    self.lateral = {
      str(level): _conv(filters, 1, f'fpn/l{level}') for level in lateral
    }
    self.post_hoc = {
      str(level): _conv(filters, 3, f'fpn/post_hoc_d{level}')
      for level in lateral
    }
    self.coarse = {
      str(level): _conv(filters, 3, f'fpn/p{level}', stride=2)
      for level in levels
      if level not in lateral
    }
    self.norms = {
      str(level): norm.layer(f'fpn/p{level}-bn') for level in levels
    }

  def call(
    self, features: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Merges the features of the backbone.

    Args:
      features: `{level: [b, h / 2^l, w / 2^l, c]}` float32 or bfloat16, levels
        `2` to `5`.
      training: normalise by the statistics of the batch.

    Returns:
      `{level: [b, h / 2^l, w / 2^l, filters]}` in the compute dtype.
    """
    sums, above = {}, None
    for level in sorted(self.lateral, reverse=True):
      x = self.lateral[level](features[level])
      above = x if above is None else x + _upsample(above)
      sums[level] = above
    pyramid = {
      level: self.post_hoc[level](sums[level]) for level in sorted(sums)
    }
    for level, conv in self.coarse.items():
      x = pyramid[str(int(level) - 1)]
      # As published: ReLU between the strided levels only.
      x = x if int(level) == _FIRST_STRIDED else tf.nn.relu(x)
      pyramid[level] = conv(x)
    return {
      level: self.norms[level](x, training=training)
      for level, x in pyramid.items()
    }


def _upsample(x: tf.Tensor) -> tf.Tensor:
  """Doubles height and width; repeats each pixel (nearest neighbour)."""
  return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def _conv(
  filters: int, size: int, name: str, *, stride: int = 1
) -> tf_keras.layers.Layer:
  return tf_keras.layers.Conv2D(
    filters, size, stride, padding='same', name=name
  )
