"""Mask head: predicts the mask of each region."""

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers import convolution
from copypaste_tf.modeling.layers.naming import LayerNames
from copypaste_tf.modeling.layers.normalization import Norm


class ChannelOfEach(tf_keras.layers.Conv2D):
  """A 1x1 convolution that computes one output channel for each element.

  Computing all channels and keeping one would take 1.1 GB for 300 regions and
  1204 classes.
  """

  def call(self, inputs: tf.Tensor, channels: tf.Tensor) -> tf.Tensor:
    """Returns the chosen channel of each element.

    Args:
      inputs: `[n, h, w, c]` float.
      channels: `[n]` int32, indices of output channels.

    Returns:
      `[n, h, w]` of the dtype of `inputs`.
    """
    # Joined first: the gradient of a variable that is gathered is sparse, and
    # optimizers would not decay the momentum of the other channels.
    weights = tf.concat([self.kernel[0, 0], self.bias[tf.newaxis]], axis=0)
    weights = tf.gather(tf.transpose(weights), channels)  # [n, c + 1]
    _, height, width, c = inputs.shape
    rows = tf.reshape(inputs, [-1, height * width, c])
    outputs = tf.linalg.matvec(rows, weights[:, :-1]) + weights[:, -1:]
    return tf.reshape(outputs, [-1, height, width])


class MaskHead(tf_keras.layers.Layer):
  """Convolutions, a deconvolution of stride 2, and one mask for each class.

  The head of Mask R-CNN (figure 4, right) with the batch normalisation of the
  published code (tensorflow/tpu).

  Args:
    norm: batch normalisation after each convolution but the last.
    num_classes: number of classes with the background, k.
    num_convs: number of 3x3 convolutions.
    filters: output channels of each of them.
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
    names = LayerNames('mask_head')
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
    self.predict = ChannelOfEach(
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
    """Predicts the mask of each region for its class.

    Args:
      features: `[b, n, size, size, c]` float32 or bfloat16 features of the
        regions.
      classes: `[b, n]` int32 in [0, k).
      training: normalise by the statistics of the batch.

    Returns:
      `[b, n, 2 * size, 2 * size]` float32 mask logits; the cells of a mask tile
      its region.
    """
    _, n, height, width, channels = features.shape
    x = tf.reshape(features, [-1, height, width, channels])
    for conv, norm in self.convs:
      x = tf.nn.relu(norm(conv(x), training=training))
    x = self.enlarge_norm(self.enlarge(x), training=training)
    x = self.predict(tf.nn.relu(x), tf.reshape(classes, [-1]))
    return tf.cast(tf.reshape(x, [-1, n, 2 * height, 2 * width]), tf.float32)

  def classifier(self) -> dict[str, tf_keras.layers.Layer]:
    """Returns the layers that depend on the number of classes, by part."""
    return {'class_masks': self.predict}
