"""The convolutions of the published ResNet."""

import tensorflow as tf
import tf_keras


class PaddedConv(tf_keras.layers.Layer):
  """A convolution without bias that pads the same whatever the input size.

  TensorFlow's own padding depends on the input size where the stride is not
  1; the published ResNet pads by half the kernel on both sides instead.
  """

  def __init__(self, filters: int, size: int, stride: int, name: str):
    super().__init__(name=f'{name}/padded')
    self._margin = size // 2 if stride > 1 else 0
    self.conv = tf_keras.layers.Conv2D(
      filters,
      size,
      stride,
      padding='valid' if self._margin else 'same',
      use_bias=False,
      kernel_initializer=tf_keras.initializers.VarianceScaling(),
      name=name,
    )

  def call(self, x: tf.Tensor) -> tf.Tensor:
    """Maps `[b, h, w, c]` to `[b, ceil(h / stride), ..., filters]`."""
    if self._margin:
      margin = [self._margin, self._margin]
      x = tf.pad(x, [[0, 0], margin, margin, [0, 0]])
    return self.conv(x)
