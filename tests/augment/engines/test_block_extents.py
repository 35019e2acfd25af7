import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.engines import block_extents
from copypaste_tf.augment.labels import extents


def _whole(planes, ids, **options):
  return extents.join(block_extents.measure(planes, ids, **options))


def _measure(scenes, **options):
  planes, ids = tf.constant(scenes.planes), tf.constant(scenes.ids)
  return reference.to_numpy(_whole(planes, ids, **options))


@pytest.mark.parametrize('seed', range(4))
def test_extents_equal_counts_by_hand(seed):
  rng = np.random.default_rng(seed)
  scenes = reference.make_scenes(rng, count=9)
  hidden = rng.random(scenes.image.shape[:3]) < 0.4
  for mask, found in (
    (np.zeros_like(hidden), _measure(scenes)),
    (hidden, _measure(scenes, owners=tf.constant(reference.owners(hidden)))),
  ):
    for i, k in np.ndindex(scenes.ids.shape):
      visible = reference.mask_of(scenes.planes[i], scenes.ids[i, k])
      visible &= ~mask[i]
      assert found.area[i, k] == visible.sum()
      np.testing.assert_array_equal(
        found.box[i, k], reference.tight_box(visible)
      )


def test_padding_and_hidden_objects_have_no_extent():
  scenes = reference.make_scenes(np.random.default_rng(0), batch=2, count=1)
  owners = reference.owners(np.ones(scenes.image.shape[:3], bool))
  found = _measure(scenes, owners=tf.constant(owners))
  assert not found.area.any()
  assert not found.box.any()


@pytest.mark.parametrize('width', [1, 3, 4096, 4099])
def test_an_object_may_fill_the_canvas(width):
  planes = tf.ones([1, 1, 2, width], tf.uint8)
  found = _whole(planes, tf.constant([[1]]))
  np.testing.assert_array_equal(found.area, [[2 * width]])
  np.testing.assert_array_equal(found.box, [[[0, 0, 2, width]]])


def test_the_last_id_of_the_last_plane_is_measured():
  planes = np.zeros([1, 3, 4, 5], np.uint8)
  planes[0, 2, 2, 1:3] = 255
  found = _whole(tf.constant(planes), tf.constant([[2 * 256 + 255, 0]]))
  np.testing.assert_array_equal(found.area, [[2, 0]])
  np.testing.assert_array_equal(found.box, [[[2, 1, 3, 3], [0, 0, 0, 0]]])


def test_extents_agree_in_all_modes():
  scenes = reference.make_scenes(np.random.default_rng(1))
  results = reference.each_way(
    _whole, tf.constant(scenes.planes), tf.constant(scenes.ids)
  )
  reference.assert_same(list(results), approximate=())


@pytest.fixture(params=range(3))
def tall(request):
  """Scenes of five blocks of rows, whose objects lie in several of them."""
  rng = np.random.default_rng(request.param)
  scenes = reference.make_scenes(rng, size=(160, 24), count=9, largest=90)
  return tf.nest.map_structure(tf.constant, scenes)


def test_extents_are_measured_within_each_block_of_rows(tall):
  blocks = reference.to_numpy(block_extents.measure(tall.planes, tall.ids))
  assert blocks.area.shape == (4, 5, tall.ids.shape[1])
  assert np.any(np.count_nonzero(blocks.area, axis=1) > 1)
  for i, block, k in np.ndindex(blocks.area.shape):
    mask = reference.mask_of(tall.planes[i].numpy(), tall.ids[i, k].numpy())
    mask[: 32 * block] = mask[32 * (block + 1) :] = False
    assert blocks.area[i, block, k] == mask.sum()
    np.testing.assert_array_equal(
      blocks.box[i, block, k], reference.tight_box(mask)
    )


def test_only_wanted_blocks_are_measured(tall):
  blocks = block_extents.measure(tall.planes, tall.ids)
  rng = np.random.default_rng(0)
  wanted = rng.random(blocks.area.shape) < 0.5
  found = block_extents.measure(
    tall.planes, tall.ids, wanted=tf.constant(wanted)
  )
  np.testing.assert_array_equal(found.area, blocks.area * wanted)


def test_remeasuring_touched_blocks_equals_measuring_all_blocks(tall):
  planes, ids = tall.planes, tall.ids
  rng = np.random.default_rng(0)
  before = block_extents.measure(planes, ids)
  covers = np.array([[[30, 4, 33, 20], [150, 0, 160, 24], [0, 0, 0, 0]]] * 4)
  hidden = np.zeros([4, 160, 24], bool)
  for ymin, xmin, ymax, xmax in covers[0]:
    hidden[:, ymin:ymax, xmin:xmax] = rng.random(4)[:, None, None] < 0.8
  owners = tf.constant(reference.owners(hidden))
  visible = block_extents.measure(planes, ids, owners=owners)
  assert np.any(visible.area < before.area)
  for boxes in (None, tf.constant(covers, tf.int32)):
    found = block_extents.remeasure(planes, ids, owners, before, boxes)
    np.testing.assert_array_equal(found.area, visible.area)
    np.testing.assert_array_equal(found.box, visible.box)
