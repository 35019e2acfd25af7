"""NAS-FPN (Ghiasi et al. 2019) as the largest published model configures it."""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.pyramids.nasfpn_cell import MAX_LEVEL, Cell, Resample

DROP_CONNECT_RATE = 0.2  # The same for all blocks.
_BACKBONE_LEVELS = ('3', '4', '5')


class NASFPN(tf_keras.layers.Layer):
  """Repeats a searched cell whose nodes are ResNet bottleneck blocks.

  Each node adds its inputs; the global pooling attention of the paper is not
  used, as published. The output has `4 * filters` channels; with separable
  convolutions in place of the blocks, as published for segmentation (Zoph et
  al. 2020), it has `filters`.

  Args:
    norm: batch normalisation of all layers.
    filters: channels of the inputs of each node.
    repeats: number of cells.
    drop_connect_rate: probability in [0, 1) that a block drops the residual
      branch of an example.
    separable: the nodes are separable convolutions.
  """

  def __init__(
    self,
    norm: Norm,
    *,
    filters: int = 256,
    repeats: int = 5,
    drop_connect_rate: float = DROP_CONNECT_RATE,
    separable: bool = False,
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
        separable=separable,
      )
      for i in range(repeats)
    ]

  def call(
    self, features: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Merges the features of the backbone.

    Args:
      features: `{level: [b, h / 2^l, w / 2^l, c]}` float32 or bfloat16, levels
        `3` to `5`.
      training: use the statistics of the batch and drop branches.

    Returns:
      `{level: [b, h / 2^l, w / 2^l, c]}` in the compute dtype, levels `3` to
      `7`; `c` is `4 * filters`, or `filters` if the nodes are separable.
    """
    pyramid = self.input_levels(features, training=training)
    for cell in self.cells:
      pyramid = cell(pyramid, training=training)
    return pyramid

  def input_levels(
    self, features: Mapping[str, tf.Tensor], training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Computes the inputs of the first cell.

    Args:
      features: as in `call`.
      training: normalise by the statistics of the batch.

    Returns:
      `{level: [b, h / 2^l, w / 2^l, filters]}` in the compute dtype, levels `3`
      to `7`; levels 6 and 7 are maxima of the level before.
    """
    levels = {
      level: resample(features[level], training=training)
      for level, resample in self.lateral.items()
    }
    for level in range(int(_BACKBONE_LEVELS[-1]) + 1, MAX_LEVEL + 1):
      levels[str(level)] = self.pool(levels[str(level - 1)])
    return levels
