"""The region proposal network's head."""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm


class RPNHead(tf_keras.layers.Layer):
  """Scores anchors and moves them.

  The convolutions are shared by all levels; the normalisations are not.

  Args:
    norm: after every 3x3 convolution.
    levels: of the pyramid.
    anchors_per_location: number of anchors at each position.
    num_convs: 3x3 convolutions.
    filters: their channels.
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
    """Returns logits and codes of all anchors of all levels.

    Args:
      pyramid: `{level: [b, h_l, w_l, c]}`.
      training: normalise by the batch's statistics.

    Returns:
      `{level: [b, h_l, w_l, a]}` and `{level: [b, h_l, w_l, 4 * a]}` float32.
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
