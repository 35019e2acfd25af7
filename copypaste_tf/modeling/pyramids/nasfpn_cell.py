"""The cell of NAS-FPN: seven nodes that merge the levels of a pyramid.

Ghiasi et al. 2019, as the largest published model configures it.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.drop_connect import drop_connect
from copypaste_tf.modeling.layers.naming import LayerNames
from copypaste_tf.modeling.layers.normalization import Norm

MIN_LEVEL, MAX_LEVEL = 3, 7  # Levels for which the cell was searched.
_EXPANSION = 4  # Output channels of a block per input channel.


class Node(NamedTuple):
  """A node of the cell: a merging cell in the paper.

  Attributes:
    level: level of the output.
    inputs: indices of the two tensors that the node adds. The cell's inputs,
      levels 3 to 7, have indices 0 to 4; the nodes follow.
    is_output: the node is an output level of the cell. It also adds the
      earlier tensors of its level that no node has used.
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


class Cell(tf_keras.layers.Layer):
  """One repeat of the searched cell.

  Args:
    norm: batch normalisation of all layers.
    name: scope of the layers.
    filters: channels of the inputs of each node.
    wide_inputs: the inputs of the cell have more channels than `filters`, as
      the outputs of another cell do.
    drop_connect_rate: drop rate of each block, in [0, 1).
    separable: the nodes are `SeparableBlock` after a ReLU, not `Block` after a
      swish. Then all tensors have `filters` channels.
  """

  def __init__(
    self,
    norm: Norm,
    name: str,
    *,
    filters: int,
    wide_inputs: bool,
    drop_connect_rate: float,
    separable: bool = False,
  ):
    super().__init__(name=name)
    num_inputs = MAX_LEVEL - MIN_LEVEL + 1
    self._rows = [
      [*node.inputs, *unused]
      for node, unused in zip(CELL, _unused(num_inputs), strict=True)
    ]
    self.resamples, self.blocks = [], []
    self._activation = tf.nn.relu if separable else tf.nn.silu
    for i, rows in enumerate(self._rows):
      scope, row = f'{name}/sub_policy{i}', num_inputs + i
      names = [f'resample_{k}_{j}_{row}' for k, j in enumerate(rows[:2])]
      names += [f'resample_fa_{i}_{j}' for j in rows[2:]]
      self.resamples.append(
        {
          str(j): Resample(filters, norm, f'{scope}/{resample}')
          for resample, j in zip(names, rows, strict=True)
          if not separable and (wide_inputs or j >= num_inputs)
        }
      )
      name_of_block = f'{scope}/op_after_combine{row}'
      self.blocks.append(
        SeparableBlock(filters, norm, name_of_block)
        if separable
        else Block(filters, norm, name_of_block, drop_connect_rate)
      )

  def call(
    self, pyramid: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Runs the cell.

    Args:
      pyramid: `{level: [b, h / 2^l, w / 2^l, c]}` float32 or bfloat16, levels
        `3` to `7`.
      training: use the statistics of the batch and drop branches.

    Returns:
      `{level: [b, h / 2^l, w / 2^l, c]}` of the same levels and dtype, with `c`
      the channels of a block's output.
    """
    levels = list(range(MIN_LEVEL, MAX_LEVEL + 1))
    tensors = [pyramid[str(level)] for level in levels]
    outputs = {}
    for i, node in enumerate(CELL):
      total = tf.add_n(
        [
          _to_level(self._resampled(i, j, tensors, training), levels[j], node)
          for j in self._rows[i]
        ]
      )
      tensors.append(self.blocks[i](self._activation(total), training=training))
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
  """Changes the channels with a 1x1 convolution and a batch normalisation.

  Args:
    filters: output channels.
    norm: batch normalisation after the convolution.
    name: scope of the layers.
  """

  def __init__(self, filters: int, norm: Norm, name: str):
    super().__init__(name=name)
    self.conv = tf_keras.layers.Conv2D(filters, 1, name=f'{name}/conv2d')
    self.norm = norm.layer(f'{name}/bn')

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, c]` to `[b, h, w, filters]` of the same dtype."""
    return self.norm(self.conv(x), training=training)


class Block(tf_keras.layers.Layer):
  """A bottleneck block with swish; its shortcut is a convolution.

  Args:
    filters: channels of the input; the output has four times as many.
    norm: batch normalisation after each convolution.
    name: scope of the layers.
    drop_connect_rate: drop rate of the residual branch, in [0, 1).
  """

  def __init__(
    self, filters: int, norm: Norm, name: str, drop_connect_rate: float
  ):
    super().__init__(name=name)
    names = LayerNames(name)
    wide = filters * _EXPANSION
    self.chain = [
      (_conv(*conv, names('conv2d')), norm.layer(names('batch_normalization')))
      for conv in ((wide, 1), (filters, 1), (filters, 3), (wide, 1))
    ]
    self.drop = drop_connect(drop_connect_rate, f'{name}/drop_connect')

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, filters]` to `[b, h, w, 4 * filters]`; same dtype."""
    (conv, norm), *chain = self.chain
    shortcut = norm(conv(x), training=training)
    for i, (conv, norm) in enumerate(chain):
      x = tf.nn.silu(x) if i else x
      x = norm(conv(x), training=training)
    return tf.nn.silu(self.drop(x, training=training) + shortcut)


class SeparableBlock(tf_keras.layers.Layer):
  """A separable 3x3 convolution and a batch normalisation (Zoph et al. 2020).

  Args:
    filters: channels of the input and of the output.
    norm: batch normalisation after the convolution.
    name: scope of the layers.
  """

  def __init__(self, filters: int, norm: Norm, name: str):
    super().__init__(name=name)
    self.conv = tf_keras.layers.SeparableConv2D(
      filters, 3, padding='same', use_bias=False, name=f'{name}/conv'
    )
    self.norm = norm.layer(f'{name}/bn')

  def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    """Maps `[b, h, w, filters]` to the same shape and dtype."""
    return self.norm(self.conv(x), training=training)


def _unused(num_inputs: int) -> list[list[int]]:
  """Lists the tensors that each output node adds because no node used them.

  Returns:
    For each node, indices of earlier tensors of its level; none for nodes that
    are no output.
  """
  levels = list(range(MIN_LEVEL, MIN_LEVEL + num_inputs))
  unused, added = set(range(num_inputs)), []
  for node in CELL:
    unused -= set(node.inputs)
    same_level = [j for j in sorted(unused) if levels[j] == node.level]
    added.append(same_level if node.is_output else [])
    unused -= set(added[-1])
    unused.add(len(levels))
    levels.append(node.level)
  return added


def _to_level(x: tf.Tensor, level: int, node: Node) -> tf.Tensor:
  """Resamples to the level of a node: max-pooling down, repetition up."""
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
