"""ResNet as published: version 1.5, with the stride on the 3x3 convolution."""

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.naming import Numbered
from copypaste_tf.modeling.layers.normalization import Norm

# Depth: (bottleneck blocks, number of blocks of each group).
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
_FILTERS = 64  # Of the stem and of the first group.
_EXPANSION = 4  # A bottleneck block's output, in units of its 3x3.


class ResNet(tf_keras.layers.Layer):
  """Maps images to the features of levels 2 to 5.

  Args:
    depth: a key of `BLOCKS`.
    norm: of all layers.
    width_multiplier: factor of all channels.

  Raises:
    ValueError: there is no ResNet of this depth.
  """

  def __init__(self, depth: int, norm: Norm, *, width_multiplier: float = 1.0):
    if depth not in BLOCKS:
      raise ValueError(f'ResNet depth must be one of {[*BLOCKS]}, got {depth}.')
    super().__init__(name=f'resnet{depth}')
    names = Numbered(self.name)
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
    """Returns `{level: [b, h / 2^l, w / 2^l, c]}` of `[b, h, w, 3]`."""
    x = self.stem_norm(self.stem(images), training=training)
    x = self.pool(tf.nn.relu(x))
    features = {}
    for level, group in enumerate(self.groups, start=2):
      for block in group:
        x = block(x, training=training)
      features[str(level)] = x
    return features


class Residual(tf_keras.layers.Layer):
  """A chain of convolutions with a shortcut.

  Args:
    convolutions: `(filters, kernel size, stride)` of each.
    norm: after every convolution.
    names: of the whole backbone.
    project: the shortcut is a convolution.
  """

  def __init__(
    self,
    convolutions: list[tuple[int, int, int]],
    norm: Norm,
    names: Numbered,
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
    """Maps `[b, h, w, c]` to `[b, h / stride, w / stride, filters]`."""
    shortcut = x
    for conv, norm in self.shortcut:
      shortcut = norm(conv(shortcut), training=training)
    for i, (conv, norm) in enumerate(self.chain):
      x = tf.nn.relu(x) if i else x
      x = norm(conv(x), training=training)
    return tf.nn.relu(x + shortcut)


def _basic(filters: int, stride: int) -> list[tuple[int, int, int]]:
  """Returns the convolutions of a block of ResNet-18 or 34."""
  return [(filters, 3, stride), (filters, 3, 1)]


def _bottleneck(filters: int, stride: int) -> list[tuple[int, int, int]]:
  """Returns the convolutions of a block of ResNet-50 and deeper ones."""
  return [(filters, 1, 1), (filters, 3, stride), (filters * _EXPANSION, 1, 1)]


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
