"""Finds the pasted pixels block by block."""

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.engines import row_blocks
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.labels.masks import target_owners

# Rows of a block that is searched for an instance. Smaller blocks fit the box
# of the instance more closely, but need more steps.
_ROWS = 32


def paste_owners(
  planes: tf.Tensor,
  ids: tf.Tensor,
  chosen: tf.Tensor,
  boxes: tf.Tensor,
  partner: tf.Tensor | None = None,
) -> tf.Tensor:
  """Finds the owner of each pixel; see `engine.PasteOwners`."""

  def add(owners, mask, block, index):
    del index
    source = tf.constant(examples.SOURCE, tf.uint8)
    return owners.write(block, tf.where(mask, source, owners.read(block)))

  _, _, height, width = id_planes.shape(planes)
  batch, _ = id_planes.shape(ids)
  grid = row_blocks.grid(height, _ROWS)
  ids = tf.where(chosen, ids, 0)[:, tf.newaxis]
  owners = row_blocks.fold_instances(
    add,
    row_blocks.array_of(target_owners([batch * grid.count, grid.rows, width])),
    planes,
    tf.where(row_blocks.reach(boxes, grid), ids, 0),
    partner=partner,
  )
  return tf.reshape(owners.stack(), [batch, height, width])
