"""ResNet version 1.5 as published: the 3x3 convolution has the stride.

He et al. 2015; the variables are those of the published TF1 checkpoints.
"""

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.naming import LayerNames
from copypaste_tf.modeling.layers.normalization import Norm

# For each depth: whether blocks are bottlenecks, number of blocks per group.
BLOCKS = {
  10: (False, (1, 1, 1, 1)),
  18: (False, (2, 2, 2, 2)),
  26: (True, (2, 2, 2, 2)),
  34: (False, (3, 4, 6, 3)),
  50: (True, (3, 4, 6, 3)),
  101: (True, (3, 4, 23, 3)),
  152: (True, (3, 8, 36, 3)),
  200: (True, (3, 24, 36, 3)),
}
_FILTERS = 64  # Channels of the stem and of the 3x3 convolutions of group 1.
_EXPANSION = 4  # Output channels of a bottleneck per channel of its 3x3.


class ResNet(tf_keras.layers.Layer):
  """Maps images to the features of levels 2 to 5.

  Args:
    depth: a key of `BLOCKS`.
    norm: batch normalisation of all layers.
    width_multiplier: factor of the channels of all layers.

  Raises:
    ValueError: `depth` is not a key of `BLOCKS`.
  """

  def __init__(self, depth: int, norm: Norm, *, width_multiplier: float = 1.0):
    if depth not in BLOCKS:
      raise ValueError(f'ResNet depth must be one of {[*BLOCKS]}, got {depth}.')
    super().__init__(name=f'resnet{depth}')
    names = LayerNames(self.name)
    filters = int(_FILTERS * width_multiplier)
    self.stem = PaddedConv(filters, 7, 2, names('conv2d'))
    self.stem_norm = norm.layer(names('batch_normalization'))
    self.pool = tf_keras.layers.MaxPool2D(3, 2, padding='same')
    bottleneck, counts = BLOCKS[depth]
    plan = _bottleneck if bottleneck else _basic
    self.groups = [
      [
        Residual(
          plan(filters * 2**group, 2 if group and not i else 1),
          norm,
          names,
          project=not i,
        )
        for i in range(count)
      ]
      for group, count in enumerate(counts)
    ]

  def call(
    self, images: tf.Tensor, training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Computes the features of an image.

    Args:
      images: `[b, h, w, 3]` float32 or bfloat16, normalised; h and w are
        multiples of 32.
      training: normalise by the statistics of the batch.

    Returns:
      `{level: [b, h / 2^l, w / 2^l, c]}` in the compute dtype, at least 0,
      levels `2` to `5`.
    """
    x = self.stem_norm(self.stem(images), training=training)
    x = self.pool(tf.nn.relu(x))
    features = {}
    for level, group in enumerate(self.groups, start=2):
      for block in group:
        x = block(x, training=training)
      features[str(level)] = x
    return features


class Residual(tf_keras.layers.Layer):
  """A residual block: a chain of convolutions with a shortcut.

  Args:
    convolutions: `(filters, kernel size, stride)` of each convolution.
    norm: batch normalisation after each convolution.
    names: numbers the layers of the whole backbone.
    project: the shortcut has a 1x1 convolution.
  """

  def __init__(
    self,
    convolutions: list[tuple[int, int, int]],
    norm: Norm,
    names: LayerNames,
    *,
    project: bool,
  ):
    shortcut = []
    if project:
      stride = max(stride for _, _, stride in convolutions)
      shortcut = [(convolutions[-1][0], 1, stride)]
    layers = [
      (PaddedConv(*conv, names('conv2d')), names('batch_normalization'))
      for conv in [*shortcut, *convolutions]
    ]
    super().__init__(name=f'{layers[-1][1]}/block')
    layers = [(conv, norm.layer(name)) for conv, name in layers]
    self.shortcut = layers[: len(shortcut)]
    self.chain = layers[len(shortcut) :]

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, c]` to `[b, h / stride, w / stride, filters]`.

    The dtype stays, float32 or bfloat16; the output is at least 0.
    """
    shortcut = x
    for conv, norm in self.shortcut:
      shortcut = norm(conv(shortcut), training=training)
    for i, (conv, norm) in enumerate(self.chain):
      x = tf.nn.relu(x) if i else x
      x = norm(conv(x), training=training)
    return tf.nn.relu(x + shortcut)


def _basic(filters: int, stride: int) -> list[tuple[int, int, int]]:
  """Lists the convolutions of a block of ResNet-10, 18 or 34."""
  return [(filters, 3, stride), (filters, 3, 1)]


def _bottleneck(filters: int, stride: int) -> list[tuple[int, int, int]]:
  """Lists the convolutions of a bottleneck block, as in ResNet-50."""
  return [(filters, 1, 1), (filters, 3, stride), (filters * _EXPANSION, 1, 1)]


class PaddedConv(tf_keras.layers.Layer):
  """A convolution without bias whose padding ignores the input size.

  With a stride above 1, the padding `same` of TensorFlow depends on the input
  size. The published ResNet pads both sides by half the kernel instead.

  Args:
    filters: output channels.
    size: side of the kernel.
    stride: stride on both axes.
    name: name of the convolution.
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
    """Maps `[b, h, w, c]` to `[b, ceil(h / stride), ..., filters]`.

    The dtype stays, float32 or bfloat16.
    """
    if self._margin:
      margin = [self._margin, self._margin]
      x = tf.pad(x, [[0, 0], margin, margin, [0, 0]])
    return self.conv(x)
