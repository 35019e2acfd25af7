"""Head of the region proposal network: scores anchors and moves them."""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm


class RPNHead(tf_keras.layers.Layer):
  """Predicts a logit and a box code for each anchor (Faster R-CNN, 3.1).

  All levels share the convolutions; each level has its own normalisations.

  Args:
    norm: batch normalisation after each 3x3 convolution.
    levels: levels of the pyramid.
    anchors_per_location: number of anchors at each position.
    num_convs: number of 3x3 convolutions.
    filters: output channels of each 3x3 convolution.
  """

  def __init__(
    self,
    norm: Norm,
    *,
    levels: range,
    anchors_per_location: int,
    num_convs: int = 2,
    filters: int = 256,
  ):
    super().__init__(name='rpn_head')
    suffixes = [f'-{i}' if i else '' for i in range(num_convs)]
    self.convs = [_conv(filters, 3, f'rpn_head/rpn{i}') for i in suffixes]
    self.norms = {
      str(level): [norm.layer(f'rpn_head/rpn-l{level}-bn{i}') for i in suffixes]
      for level in levels
    }
    self.score = _conv(anchors_per_location, 1, 'rpn_head/rpn-class')
    self.box = _conv(4 * anchors_per_location, 1, 'rpn_head/rpn-box')

  def call(
    self, pyramid: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
    """Predicts for all anchors of all levels.

    Args:
      pyramid: `{level: [b, h_l, w_l, c]}` float32 or bfloat16.
      training: normalise by the statistics of the batch.

    Returns:
      `{level: [b, h_l, w_l, a]}` float32 logits and
      `{level: [b, h_l, w_l, 4 * a]}` float32 box codes `(ty, tx, th, tw)`
      relative to the anchors.
    """
    scores, boxes = {}, {}
    for level, x in pyramid.items():
      for conv, norm in zip(self.convs, self.norms[level], strict=True):
        x = tf.nn.relu(norm(conv(x), training=training))
      scores[level] = tf.cast(self.score(x), tf.float32)
      boxes[level] = tf.cast(self.box(x), tf.float32)
    return scores, boxes


def _conv(filters: int, size: int, name: str) -> tf_keras.layers.Layer:
  return tf_keras.layers.Conv2D(
    filters,
    size,
    padding='same',
    kernel_initializer=tf_keras.initializers.RandomNormal(stddev=0.01),
    name=name,
  )
