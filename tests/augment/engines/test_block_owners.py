import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.engines import block_extents, block_owners
from copypaste_tf.augment.labels import extents


@pytest.fixture
def tall():
  """Scenes of five blocks of rows, and the boxes of their objects."""
  rng = np.random.default_rng(3)
  scenes = reference.make_scenes(rng, size=(160, 24), count=8, largest=70)
  scenes = tf.nest.map_structure(tf.constant, scenes)
  blocks = block_extents.measure(scenes.planes, scenes.ids)
  return scenes, extents.join(blocks).box


@pytest.mark.parametrize('partner', [None, [2, 0, 3, 1]])
def test_only_the_blocks_that_a_box_reaches_are_searched(tall, partner):
  scenes, boxes = tall
  order = np.arange(4) if partner is None else np.array(partner)
  ids = scenes.ids.numpy()[order]
  boxes = boxes.numpy()[order]
  boxes[..., 2] = np.minimum(boxes[..., 2], boxes[..., 0] + 1)
  chosen = np.random.default_rng(0).random(ids.shape) < 0.5
  expected = np.zeros([4, 160, 24], bool)
  for i, k in np.argwhere(chosen & (ids > 0)):
    mask = reference.mask_of(scenes.planes[order[i]].numpy(), ids[i, k])
    top = boxes[i, k, 0] // 32 * 32
    expected[i, top : top + 32] |= mask[top : top + 32]
  owners = block_owners.paste_owners(
    scenes.planes,
    *map(tf.constant, (ids, chosen, boxes)),
    None if partner is None else tf.constant(partner),
  )
  assert expected.any() and owners.dtype == tf.uint8
  np.testing.assert_array_equal(owners, reference.owners(expected))
