"""NAS-FPN as the largest published model configures it."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.drop_connect import drop_connect
from copypaste_tf.modeling.layers.naming import Numbered
from copypaste_tf.modeling.layers.normalization import Norm

DROP_CONNECT_RATE = 0.2  # The same for every block.
_EXPANSION = 4
_MIN_LEVEL, _MAX_LEVEL = 3, 7  # Those that the cell was searched for.
_BACKBONE_LEVELS = ('3', '4', '5')


class Node(NamedTuple):
  """A node of the cell.

  Attributes:
    level: of its output.
    inputs: rows of the cell's tensors: five inputs, then the nodes.
    is_output: it is a level of the pyramid; it takes in what nobody used.
  """

  level: int
  inputs: tuple[int, int]
  is_output: bool


CELL = (
  Node(4, (1, 3), False),
  Node(4, (1, 5), False),
  Node(3, (0, 6), True),
  Node(4, (6, 7), True),
  Node(5, (7, 8), True),
  Node(7, (6, 9), True),
  Node(6, (9, 10), True),
)


class NASFPN(tf_keras.layers.Layer):
  """Repeats a searched cell; its nodes are ResNet bottleneck blocks.

  Every node is the sum of its inputs; the global attention of the search is
  not used. The output has four times `filters` channels.

  Args:
    norm: of all layers.
    filters: channels of the inputs of every node.
    repeats: number of cells.
    drop_connect_rate: of every block, in [0, 1).
  """

  def __init__(
    self,
    norm: Norm,
    *,
    filters: int = 256,
    repeats: int = 5,
    drop_connect_rate: float = DROP_CONNECT_RATE,
  ):
    super().__init__(name='nasfpn')
    self.lateral = {
      level: Resample(filters, norm, f'resample_l{level}')
      for level in _BACKBONE_LEVELS
    }
    self.pool = tf_keras.layers.MaxPool2D(2, 2)
    self.cells = [
      Cell(
        norm,
        f'fpn_cells/cell_{i}',
        filters=filters,
        wide_inputs=i > 0,
        drop_connect_rate=drop_connect_rate,
      )
      for i in range(repeats)
    ]

  def call(
    self, features: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Returns `{level: [b, h / 2^l, w / 2^l, 4 * filters]}`, levels 3 to 7."""
    pyramid = self.input_levels(features, training=training)
    for cell in self.cells:
      pyramid = cell(pyramid, training=training)
    return pyramid

  def input_levels(
    self, features: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Returns the `filters` channels of levels 3 to 7 for the first cell."""
    levels = {
      level: resample(features[level], training=training)
      for level, resample in self.lateral.items()
    }
    for level in range(int(_BACKBONE_LEVELS[-1]) + 1, _MAX_LEVEL + 1):
      levels[str(level)] = self.pool(levels[str(level - 1)])
    return levels


class Cell(tf_keras.layers.Layer):
  """One repeat of the searched cell.

  Args:
    norm: of all layers.
    name: scope.
    filters: channels of the inputs of every node.
    wide_inputs: the cell's inputs have more channels than that.
    drop_connect_rate: of every block.
  """

  def __init__(
    self,
    norm: Norm,
    name: str,
    *,
    filters: int,
    wide_inputs: bool,
    drop_connect_rate: float,
  ):
    super().__init__(name=name)
    num_inputs = _MAX_LEVEL - _MIN_LEVEL + 1
    self._rows = [
      [*node.inputs, *unused]
      for node, unused in zip(CELL, _unused(num_inputs), strict=True)
    ]
    self.resamples, self.blocks = [], []
    for i, rows in enumerate(self._rows):
      scope, row = f'{name}/sub_policy{i}', num_inputs + i
      names = [f'resample_{k}_{j}_{row}' for k, j in enumerate(rows[:2])]
      names += [f'resample_fa_{i}_{j}' for j in rows[2:]]
      self.resamples.append(
        {
          str(j): Resample(filters, norm, f'{scope}/{resample}')
          for resample, j in zip(names, rows, strict=True)
          if wide_inputs or j >= num_inputs
        }
      )
      name_of_block = f'{scope}/op_after_combine{row}'
      self.blocks.append(Block(filters, norm, name_of_block, drop_connect_rate))

  def call(
    self, pyramid: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Maps levels 3 to 7 to the same levels, with more channels."""
    levels = list(range(_MIN_LEVEL, _MAX_LEVEL + 1))
    tensors = [pyramid[str(level)] for level in levels]
    outputs = {}
    for i, node in enumerate(CELL):
      total = tf.add_n(
        [
          _to_level(self._resampled(i, j, tensors, training), levels[j], node)
          for j in self._rows[i]
        ]
      )
      tensors.append(self.blocks[i](tf.nn.silu(total), training=training))
      levels.append(node.level)
      if node.is_output:
        outputs[str(node.level)] = tensors[-1]
    return dict(sorted(outputs.items()))

  def _resampled(self, node, row, tensors, training):
    resample = self.resamples[node].get(str(row))
    if resample is None:
      return tensors[row]
    return resample(tensors[row], training=training)


class Resample(tf_keras.layers.Layer):
  """A 1x1 convolution and a normalisation, to change the channels."""

  def __init__(self, filters: int, norm: Norm, name: str):
    super().__init__(name=name)
    self.conv = tf_keras.layers.Conv2D(filters, 1, name=f'{name}/conv2d')
    self.norm = norm.layer(f'{name}/bn')

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, c]` to `[b, h, w, filters]`."""
    return self.norm(self.conv(x), training=training)


class Block(tf_keras.layers.Layer):
  """A bottleneck block with a projected shortcut and swish."""

  def __init__(
    self, filters: int, norm: Norm, name: str, drop_connect_rate: float
  ):
    super().__init__(name=name)
    names = Numbered(name)
    wide = filters * _EXPANSION
    self.chain = [
      (_conv(*conv, names('conv2d')), norm.layer(names('batch_normalization')))
      for conv in ((wide, 1), (filters, 1), (filters, 3), (wide, 1))
    ]
    self.drop = drop_connect(drop_connect_rate, f'{name}/drop_connect')

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, filters]` to `[b, h, w, 4 * filters]`."""
    (conv, norm), *chain = self.chain
    shortcut = norm(conv(x), training=training)
    for i, (conv, norm) in enumerate(chain):
      x = tf.nn.silu(x) if i else x
      x = norm(conv(x), training=training)
    return tf.nn.silu(self.drop(x, training=training) + shortcut)


def _unused(num_inputs: int) -> list[list[int]]:
  """Returns, for each node, the rows of its level that nobody used before."""
  levels = list(range(_MIN_LEVEL, _MIN_LEVEL + num_inputs))
  unused, found = set(range(num_inputs)), []
  for node in CELL:
    unused -= set(node.inputs)
    rows = [j for j in sorted(unused) if levels[j] == node.level]
    found.append(rows if node.is_output else [])
    unused -= set(found[-1])
    unused.add(len(levels))
    levels.append(node.level)
  return found


def _to_level(x: tf.Tensor, level: int, node: Node) -> tf.Tensor:
  """Changes the resolution to the node's by maxima or by repetition."""
  factor = 2 ** abs(node.level - level)
  if node.level > level:
    return tf.nn.max_pool2d(x, factor, factor, 'SAME')
  if node.level < level:
    x = tf.repeat(tf.repeat(x, factor, axis=1), factor, axis=2)
  return x


def _conv(filters: int, size: int, name: str) -> tf_keras.layers.Layer:
  return tf_keras.layers.Conv2D(
    filters,
    size,
    padding='same',
    use_bias=False,
    name=name,
    kernel_initializer=tf_keras.initializers.VarianceScaling(),
  )
