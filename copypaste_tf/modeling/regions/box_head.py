"""The head that classifies regions and refines their boxes."""

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers import convolution
from copypaste_tf.modeling.layers.naming import Numbered
from copypaste_tf.modeling.layers.normalization import Norm


class BoxHead(tf_keras.layers.Layer):
  """Convolutions and fully connected layers, all of them normalised.

  Args:
    norm: after every convolution and fully connected layer.
    stage: of the cascade, from 0.
    num_classes: with the background.
    class_agnostic: one box for all classes.
    num_convs: 3x3 convolutions.
    filters: their channels.
    num_fcs: fully connected layers.
    fc_dims: their width.
  """

  def __init__(
    self,
    norm: Norm,
    *,
    stage: int = 0,
    num_classes: int = 91,
    class_agnostic: bool = False,
    num_convs: int = 4,
    filters: int = 256,
    num_fcs: int = 2,
    fc_dims: int = 1024,
  ):
    scope = f'frcnn_layer_{stage}/fast_rcnn_head'
    super().__init__(name=scope)
    names = Numbered(scope)
    self.convs = convolution.stack(
      num_convs,
      filters,
      norm,
      f'{scope}/conv_',
      lambda: names('batch_normalization'),
    )
    self.fcs = [
      (
        tf_keras.layers.Dense(fc_dims, name=f'{scope}/fc{6 + i}'),
        norm.layer(names('batch_normalization')),
      )
      for i in range(num_fcs)
    ]
    self._class_agnostic = class_agnostic
    boxes = 4 if class_agnostic else 4 * num_classes
    self.score = _predictor(num_classes, 0.01, f'{scope}/class-predict')
    self.box = _predictor(boxes, 0.001, f'{scope}/box-predict')

  def call(
    self, features: tf.Tensor, training: bool | None = None
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Classifies regions.

    Args:
      features: `[b, n, size, size, c]` of the regions.
      training: normalise by the batch's statistics.

    Returns:
      `[b, n, num_classes]` float32 logits and `[b, n, boxes * 4]` float32
      codes, of one box or of one for each class.
    """
    _, n, height, width, channels = features.shape
    x = tf.reshape(features, [-1, height, width, channels])
    for conv, norm in self.convs:
      x = tf.nn.relu(norm(conv(x), training=training))
    x = tf.reshape(x, [-1, height * width * x.shape[-1]])
    for fc, norm in self.fcs:
      x = tf.nn.relu(norm(fc(x), training=training))
    return _regions(self.score(x), n), _regions(self.box(x), n)

  def classifier(self) -> list[tf_keras.layers.Layer]:
    """Returns the layers that depend on the number of classes."""
    return [self.score] if self._class_agnostic else [self.score, self.box]


def _regions(x: tf.Tensor, n: int) -> tf.Tensor:
  return tf.cast(tf.reshape(x, [-1, n, x.shape[-1]]), tf.float32)


def _predictor(units: int, stddev: float, name: str) -> tf_keras.layers.Layer:
  return tf_keras.layers.Dense(
    units,
    kernel_initializer=tf_keras.initializers.RandomNormal(stddev=stddev),
    name=name,
  )
