import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment import extents


def _measure(scenes, hidden=None):
  return reference.to_numpy(
    extents.measure(tf.constant(scenes.planes), tf.constant(scenes.ids), hidden)
  )


@pytest.mark.parametrize('seed', range(4))
def test_equals_counting_by_hand(seed):
  rng = np.random.default_rng(seed)
  scenes = reference.make_scenes(rng, count=9)
  hidden = rng.random(scenes.planes.shape[:3]) < 0.4
  for mask, found in (
    (np.zeros_like(hidden), _measure(scenes)),
    (hidden, _measure(scenes, tf.constant(hidden))),
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
  everything = tf.ones(scenes.planes.shape[:3], tf.bool)
  found = _measure(scenes, everything)
  assert not found.area.any()
  assert not found.box.any()


def test_the_last_id_of_the_last_plane():
  planes = np.zeros([1, 4, 5, 3], np.uint8)
  planes[0, 2, 1:3, 2] = 255
  found = extents.measure(
    tf.constant(planes), tf.constant([[2 * 256 + 255, 0]])
  )
  np.testing.assert_array_equal(found.area, [[2, 0]])
  np.testing.assert_array_equal(found.box, [[[2, 1, 3, 3], [0, 0, 0, 0]]])


def test_agrees_each_way():
  scenes = reference.make_scenes(np.random.default_rng(1))
  results = reference.each_way(
    extents.measure, tf.constant(scenes.planes), tf.constant(scenes.ids)
  )
  reference.assert_same(list(results), approximate=())


@pytest.mark.parametrize('seed', range(3))
def test_blocks_of_rows_hold_what_the_canvas_does(seed):
  rng = np.random.default_rng(seed)
  # Five blocks, and objects that lie in several.
  scenes = reference.make_scenes(rng, size=(160, 24), count=9, largest=90)
  planes, ids = tf.constant(scenes.planes), tf.constant(scenes.ids)
  whole = extents.measure(planes, ids)
  _assert_equal(extents.measure_within(planes, ids, whole.box), whole)
  covers = np.array([[[30, 4, 33, 20], [150, 0, 160, 24], [0, 0, 0, 0]]] * 4)
  hidden = np.zeros(scenes.planes.shape[:3], bool)
  for ymin, xmin, ymax, xmax in covers[0]:
    hidden[:, ymin:ymax, xmin:xmax] = rng.random(4)[:, None, None] < 0.8
  visible = extents.measure(planes, ids, tf.constant(hidden))
  assert np.any(visible.area < whole.area)
  for boxes in (None, tf.constant(covers, tf.int32)):
    found = extents.remeasure(planes, ids, tf.constant(hidden), whole, boxes)
    _assert_equal(found, visible)


def _assert_equal(found, expected):
  np.testing.assert_array_equal(found.area, expected.area)
  np.testing.assert_array_equal(found.box, expected.box)
