"""EfficientNet B0 to B7 (Tan and Le 2019) as published, without classifier."""

import math
from typing import NamedTuple

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers import convolution
from copypaste_tf.modeling.layers.drop_connect import drop_connect
from copypaste_tf.modeling.layers.naming import LayerNames
from copypaste_tf.modeling.layers.normalization import Norm

# Multipliers of width (channels) and depth (blocks) relative to B0.
SCALES = {
  'b0': (1.0, 1.0),
  'b1': (1.0, 1.1),
  'b2': (1.1, 1.2),
  'b3': (1.2, 1.4),
  'b4': (1.4, 1.8),
  'b5': (1.6, 2.2),
  'b6': (1.8, 2.6),
  'b7': (2.0, 3.1),
}
MOMENTUM = 0.99
EPSILON = 1e-3
_STEM_FILTERS = 32
_DIVISOR = 8


class Stage(NamedTuple):
  """One stage of B0: a row of table 1 of the paper.

  Attributes:
    repeats: number of blocks.
    size: side of the depthwise kernel.
    stride: stride of the first block; the others have 1.
    expansion: channels of the depthwise convolution per input channel.
    filters: output channels.
  """

  repeats: int
  size: int
  stride: int
  expansion: int
  filters: int


STAGES = (
  Stage(1, 3, 1, 1, 16),
  Stage(2, 3, 2, 6, 24),
  Stage(2, 5, 2, 6, 40),
  Stage(3, 3, 2, 6, 80),
  Stage(3, 5, 1, 6, 112),
  Stage(4, 5, 2, 6, 192),
  Stage(1, 3, 1, 6, 320),
)


def round_filters(filters: int, width: float) -> int:
  """Scales a number of channels and rounds it to a multiple of 8.

  Rounding never removes more than 10 % of the scaled number.

  >>> round_filters(32, 2.0), round_filters(24, 1.1)
  (64, 24)
  """
  scaled = filters * width
  rounded = int(scaled + _DIVISOR / 2) // _DIVISOR * _DIVISOR
  rounded = max(_DIVISOR, rounded)
  return rounded + _DIVISOR if rounded < 0.9 * scaled else rounded


class EfficientNet(tf_keras.layers.Layer):
  """Maps images to the features of levels 2 to 5.

  The features of a level are the output of the last block with its stride,
  after batch normalisation and shortcut, without activation.

  Args:
    model: a key of `SCALES`.
    synchronized: compute the batch statistics over all replicas.
    se_ratio: channels of the squeeze per input channel of a block; 0.25 as
      published.
    drop_connect_rate: upper limit of the drop rates, in [0, 1). The rate grows
      linearly from 0 at the first block; 0.2 as published.

  Raises:
    ValueError: `model` is not a key of `SCALES`.
  """

  def __init__(
    self,
    model: str,
    *,
    synchronized: bool = False,
    se_ratio: float = 0.25,
    drop_connect_rate: float = 0.2,
  ):
    if model not in SCALES:
      raise ValueError(
        f'EfficientNet must be one of {[*SCALES]}, got {model!r}.'
      )
    super().__init__(name=f'efficientnet-{model}')
    width, depth = SCALES[model]
    norm = Norm(MOMENTUM, EPSILON, synchronized)
    filters = round_filters(_STEM_FILTERS, width)
    self.stem = _conv(filters, 3, 2, f'{self.name}/stem/conv2d')
    self.stem_norm = norm.layer(f'{self.name}/stem/tpu_batch_normalization')
    plan = _plan(filters, width, depth)
    self.blocks = [
      Block(
        *block,
        norm,
        f'{self.name}/blocks_{i}',
        se_ratio=se_ratio,
        drop_rate=drop_connect_rate * i / len(plan),
      )
      for i, block in enumerate(plan)
    ]

  def call(
    self, images: tf.Tensor, training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Computes the features of an image.

    Args:
      images: `[b, h, w, 3]` float32 or bfloat16, normalised; h and w are
        multiples of 32.
      training: use the statistics of the batch and drop branches.

    Returns:
      `{level: [b, h / 2^l, w / 2^l, c]}` in the compute dtype, levels `2` to
      `5`.
    """
    x = self.stem_norm(self.stem(images), training=training)
    x = tf.nn.silu(x)
    level, features = 1, {}
    for block in self.blocks:
      level += block.stride == 2
      x = block(x, training=training)
      features[str(level)] = x
    features.pop('1')
    return features


class Block(tf_keras.layers.Layer):
  """An inverted bottleneck with squeeze and excitation (MBConv).

  Args:
    inputs: channels of the input.
    stage: settings of the block, with its own `filters` and `stride`.
    norm: batch normalisation after each convolution.
    name: scope of the layers.
    se_ratio: channels of the squeeze per input channel.
    drop_rate: probability in [0, 1) that the residual branch of an example is
      dropped; unused in a block without shortcut.
  """

  def __init__(
    self,
    inputs: int,
    stage: Stage,
    norm: Norm,
    name: str,
    *,
    se_ratio: float,
    drop_rate: float,
  ):
    super().__init__(name=name)
    self.stride = stage.stride
    self._shortcut = stage.stride == 1 and inputs == stage.filters
    names = LayerNames(name)
    expanded = inputs * stage.expansion
    self.expansion = None
    if stage.expansion != 1:
      self.expansion = _conv(expanded, 1, 1, names('conv2d'))
      self.expansion_norm = norm.layer(names('tpu_batch_normalization'))
    self.depthwise = tf_keras.layers.DepthwiseConv2D(
      stage.size,
      stage.stride,
      padding='same',
      use_bias=False,
      depthwise_initializer=convolution.fan_out_normal(),
      name=names('depthwise_conv2d'),
    )
    self.depthwise_norm = norm.layer(names('tpu_batch_normalization'))
    self.excitation = Excitation(
      max(1, int(inputs * se_ratio)), expanded, f'{name}/se'
    )
    self.projection = _conv(stage.filters, 1, 1, names('conv2d'))
    self.projection_norm = norm.layer(names('tpu_batch_normalization'))
    self.drop = drop_connect(drop_rate, f'{name}/drop_connect')

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, c]` to `[b, h / stride, ..., filters]`; same dtype."""
    shortcut = x
    if self.expansion is not None:
      x = self.expansion_norm(self.expansion(x), training=training)
      x = tf.nn.silu(x)
    x = self.depthwise_norm(self.depthwise(x), training=training)
    x = self.excitation(tf.nn.silu(x))
    x = self.projection_norm(self.projection(x), training=training)
    if self._shortcut:
      x = self.drop(x, training=training) + shortcut
    return x


class Excitation(tf_keras.layers.Layer):
  """Squeeze and excitation: scales each channel by a gate in (0, 1).

  The gate is computed from the mean of all channels over the image.
  """

  def __init__(self, squeezed: int, filters: int, name: str):
    super().__init__(name=name)
    names = LayerNames(name)
    self.squeeze = _conv(squeezed, 1, 1, names('conv2d'), use_bias=True)
    self.excite = _conv(filters, 1, 1, names('conv2d'), use_bias=True)

  def call(self, x: tf.Tensor) -> tf.Tensor:
    """Maps `[b, h, w, filters]` to the same shape and dtype."""
    mean = tf.reduce_mean(x, axis=[1, 2], keepdims=True)
    return x * tf.sigmoid(self.excite(tf.nn.silu(self.squeeze(mean))))


def _plan(filters: int, width: float, depth: float) -> list[tuple[int, Stage]]:
  """Lists the input channels and the settings of each block."""
  plan = []
  for stage in STAGES:
    outputs = round_filters(stage.filters, width)
    for i in range(math.ceil(depth * stage.repeats)):
      block = stage._replace(filters=outputs, stride=1 if i else stage.stride)
      plan.append((filters, block))
      filters = outputs
  return plan


def _conv(
  filters: int, size: int, stride: int, name: str, *, use_bias: bool = False
) -> tf_keras.layers.Layer:
  return tf_keras.layers.Conv2D(
    filters,
    size,
    stride,
    padding='same',
    use_bias=use_bias,
    kernel_initializer=convolution.fan_out_normal(),
    name=name,
  )
