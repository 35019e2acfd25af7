"""Box head: classifies regions and refines their boxes."""

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers import convolution
from copypaste_tf.modeling.layers.naming import LayerNames
from copypaste_tf.modeling.layers.normalization import Norm


class BoxHead(tf_keras.layers.Layer):
  """Convolutions and fully connected layers with batch normalisation.

  The published head (tensorflow/tpu): four convolutions and two fully connected
  layers by default.

  Args:
    norm: batch normalisation after each convolution and fully connected layer.
    stage: stage of the cascade, from 0; part of the names of the layers.
    num_classes: number of classes with the background, k.
    class_agnostic: predict one box for all classes.
    num_convs: number of 3x3 convolutions.
    filters: output channels of each convolution.
    num_fcs: number of hidden fully connected layers.
    fc_dims: units of each of them.
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
    names = LayerNames(scope)
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
    """Classifies regions and refines their boxes.

    Args:
      features: `[b, n, size, size, c]` float32 or bfloat16 features of the
        regions.
      training: normalise by the statistics of the batch.

    Returns:
      `[b, n, k]` float32 logits and float32 box codes relative to the regions:
      `[b, n, 4]` if class-agnostic, else `[b, n, 4 * k]`.
    """
    _, n, height, width, channels = features.shape
    x = tf.reshape(features, [-1, height, width, channels])
    for conv, norm in self.convs:
      x = tf.nn.relu(norm(conv(x), training=training))
    x = tf.reshape(x, [-1, height * width * x.shape[-1]])
    for fc, norm in self.fcs:
      x = tf.nn.relu(norm(fc(x), training=training))
    return _split_regions(self.score(x), n), _split_regions(self.box(x), n)

  def classifier(self) -> dict[str, tf_keras.layers.Layer]:
    """Returns the layers that depend on the number of classes, by part."""
    boxes = {} if self._class_agnostic else {'class_boxes': self.box}
    return {'class_scores': self.score, **boxes}


def _split_regions(x: tf.Tensor, n: int) -> tf.Tensor:
  """Splits `[b * n, c]` into `[b, n, c]` float32."""
  return tf.cast(tf.reshape(x, [-1, n, x.shape[-1]]), tf.float32)


def _predictor(units: int, stddev: float, name: str) -> tf_keras.layers.Layer:
  return tf_keras.layers.Dense(
    units,
    kernel_initializer=tf_keras.initializers.RandomNormal(stddev=stddev),
    name=name,
  )
