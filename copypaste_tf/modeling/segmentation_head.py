"""The head of semantic segmentation: fuses a pyramid, classifies each cell.

As published with self-training (Zoph et al. 2020; tensorflow/tpu). Two things
differ: pixel centres are at half coordinates, as everywhere in this package,
and the number of filters need not be the width of the pyramid.
"""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.naming import LayerNames
from copypaste_tf.modeling.layers.normalization import Norm

LEVEL = 2
"""Level of the scores: a cell has `2**LEVEL` pixels a side."""
_SPREAD = 0.01  # Standard deviation of the initial weights, as published.


class SegmentationHead(tf_keras.layers.Layer):
  """Adds all levels at stride 4, then convolves and classifies.

  Args:
    norm: batch normalisation after each convolution but the last.
    num_classes: number of classes with the background, k.
    num_convs: number of 3x3 convolutions.
    filters: output channels of each of them; 0 takes the width of the pyramid.
  """

  def __init__(
    self,
    norm: Norm,
    *,
    num_classes: int,
    num_convs: int = 3,
    filters: int = 256,
  ):
    super().__init__(name='segmentation_head')
    self._norm, self._filters, self._num_convs = norm, filters, num_convs
    self.predict = tf_keras.layers.Conv2D(
      num_classes,
      1,
      kernel_initializer=_initializer(),
      name='segmentation_head/class-predict',
      dtype=tf.float32,
    )

  def build(self, input_shape: Mapping[str, tf.TensorShape]) -> None:
    """Makes the convolutions; their width may be that of the pyramid.

    Args:
      input_shape: `{level: [b, h / 2^l, w / 2^l, c]}`.
    """
    filters = self._filters or next(iter(input_shape.values()))[-1]
    names = LayerNames('segmentation_head')
    self.convs = [
      (
        tf_keras.layers.Conv2D(
          filters,
          3,
          padding='same',
          kernel_initializer=_initializer(),
          name=f'segmentation_head/class-{i}',
        ),
        self._norm.layer(names('batch_normalization')),
      )
      for i in range(self._num_convs)
    ]
    super().build(input_shape)

  def call(
    self, pyramid: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> tf.Tensor:
    """Classifies each cell of stride 4.

    Args:
      pyramid: `{level: [b, h / 2^l, w / 2^l, c]}` float32 or bfloat16, of level
        2 or coarser.
      training: normalise by the statistics of the batch.

    Returns:
      `[b, h / 4, w / 4, k]` float32 logits.
    """
    x = fuse(pyramid)
    for conv, norm in self.convs:
      x = tf.nn.relu(norm(conv(x), training=training))
    return self.predict(tf.cast(x, tf.float32))

  def classifier(self) -> dict[str, list[tf_keras.layers.Layer]]:
    """Returns the layers that depend on the number of classes, by part."""
    return {'class_pixels': [self.predict]}


def fuse(pyramid: Mapping[str, tf.Tensor]) -> tf.Tensor:
  """Adds all levels of a pyramid, each resized to stride 4.

  Args:
    pyramid: `{level: [b, h / 2^l, w / 2^l, c]}` float of static sizes, of level
      2 or coarser.

  Returns:
    `[b, h / 4, w / 4, c]` of the same dtype; bilinear, with half-pixel centres.
  """
  finest = min(pyramid, key=int)
  factor = 2 ** (int(finest) - LEVEL)
  size = [factor * side for side in pyramid[finest].shape[1:3]]
  return tf.add_n(
    [
      x if x.shape[1:3] == size else tf.cast(tf.image.resize(x, size), x.dtype)
      for x in pyramid.values()
    ]
  )


def _initializer() -> tf_keras.initializers.Initializer:
  return tf_keras.initializers.RandomNormal(stddev=_SPREAD)
