"""The head that draws the mask of every region."""

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers import convolution
from copypaste_tf.modeling.layers.naming import Numbered
from copypaste_tf.modeling.layers.normalization import Norm


class MaskHead(tf_keras.layers.Layer):
  """Convolutions, an upsampling by two, and one mask for each class.

  Args:
    norm: after every convolution but the last.
    num_classes: with the background.
    num_convs: 3x3 convolutions.
    filters: their channels.
  """

  def __init__(
    self,
    norm: Norm,
    *,
    num_classes: int = 91,
    num_convs: int = 4,
    filters: int = 256,
  ):
    super().__init__(name='mask_head')
    names = Numbered('mask_head')
    self.convs = convolution.stack(
      num_convs,
      filters,
      norm,
      'mask_head/mask-conv-l',
      lambda: names('batch_normalization'),
    )
    self.enlarge = tf_keras.layers.Conv2DTranspose(
      filters,
      2,
      2,
      kernel_initializer=convolution.fan_out_normal(),
      name='mask_head/conv5-mask',
    )
    self.enlarge_norm = norm.layer(names('batch_normalization'))
    self.predict = tf_keras.layers.Conv2D(
      num_classes,
      1,
      kernel_initializer=convolution.fan_out_normal(),
      name='mask_head/mask_fcn_logits',
    )

  def call(
    self,
    features: tf.Tensor,
    classes: tf.Tensor,
    training: bool | None = None,
  ) -> tf.Tensor:
    """Draws the mask of each region's class.

    Args:
      features: `[b, n, size, size, c]` of the regions.
      classes: `[b, n]` int32 in [0, num_classes).
      training: normalise by the batch's statistics.

    Returns:
      `[b, n, 2 * size, 2 * size]` float32 logits.
    """
    _, n, height, width, channels = features.shape
    x = tf.reshape(features, [-1, height, width, channels])
    for conv, norm in self.convs:
      x = tf.nn.relu(norm(conv(x), training=training))
    x = self.enlarge_norm(self.enlarge(x), training=training)
    x = self.predict(tf.nn.relu(x))
    chosen = tf.reshape(classes, [-1])
    x = tf.gather(x, chosen, axis=3, batch_dims=1)
    return tf.cast(tf.reshape(x, [-1, n, 2 * height, 2 * width]), tf.float32)

  def classifier(self) -> list[tf_keras.layers.Layer]:
    """Returns the layers that depend on the number of classes."""
    return [self.predict]
