import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment import planes


def test_address_splits_plane_and_value():
  plane, value = planes.address(tf.constant([0, 1, 255, 257, 3 * 256 + 9]))
  np.testing.assert_array_equal(plane, [0, 0, 0, 1, 3])
  np.testing.assert_array_equal(value, [0, 1, 255, 1, 9])


def test_shape_prefers_static_sizes():
  @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.int32)])
  def sizes(tensor):
    batch, width = planes.shape(tensor)
    assert isinstance(width, int)
    return batch

  assert sizes(tf.zeros([5, 3], tf.int32)) == 5


def test_groups_hold_neighbours_and_never_two_planes():
  number, place = planes.groups_of(
    tf.constant([1, 4, 5, 255, 257, 3 * 256 + 9]), 4
  )
  np.testing.assert_array_equal(number, [0, 0, 1, 63, 64, 194])
  np.testing.assert_array_equal(place, [0, 3, 0, 2, 0, 0])


def test_only_groups_that_ids_address_are_visited():
  rng = np.random.default_rng(0)
  content = rng.integers(0, 256, [2, 3, 5, 4]).astype(np.uint8)

  def visited(ids, size=4):
    found = planes.fold_groups(
      lambda state, places, image, group: (
        state[0].write(state[0].size(), [image, group]),
        state[1].write(state[1].size(), places),
      ),
      tuple(tf.TensorArray(tf.int32, 0, dynamic_size=True) for _ in range(2)),
      tf.constant(content),
      tf.constant(ids),
      size=size,
    )
    return [x.stack().numpy() for x in found]

  assert visited([[0, 0], [0, 0]])[0].size == 0
  numbers, places = visited([[2, 1, 0], [2 * 256 + 7, 0, 255]])
  np.testing.assert_array_equal(numbers, [[0, 0], [1, 2 * 64 + 1], [1, 63]])
  for (image, group), found in zip(numbers, places, strict=True):
    plane, first = group // 64, 4 * (group % 64) + 1
    np.testing.assert_array_equal(
      found, content[image, ..., plane].astype(np.int32) - first
    )


@pytest.mark.parametrize(
  ('height', 'most', 'expected'),
  [(1024, 128, (128, 8)), (160, 128, (32, 5)), (100, 128, (100, 1))],
)
def test_blocks_divide_the_canvas(height, most, expected):
  assert planes.grid(height, most) == expected


def test_boxes_reach_into_the_blocks_that_hold_one_of_their_rows():
  boxes = [[0, 0, 1, 5], [4, 0, 9, 5], [3, 0, 4, 5], [0, 0, 0, 0]]
  found = planes.reach(tf.constant([boxes]), planes.Grid(4, 3))
  np.testing.assert_array_equal(
    found[0],
    [
      [True, False, True, False],
      [False, True, False, False],
      [False, True, False, False],
    ],
  )


def test_only_wanted_blocks_are_written():
  canvas = tf.reshape(tf.range(2 * 6 * 2), [2, 6, 2])
  grid = planes.Grid(2, 3)
  wanted = tf.constant([[True, False, True], [False, False, True]])

  def negate(blocks, wanted):
    folded = planes.fold_blocks(
      lambda block, state: state.write(block, -state.read(block)),
      planes.array_of(planes.split(blocks, grid)),
      wanted,
    )
    return tf.reshape(folded.stack(), [2, 6, 2])

  sign = np.repeat(np.where(wanted, -1, 1), 2, axis=1)[..., np.newaxis]
  for run in (negate, *(tf.function(negate, jit_compile=x) for x in (0, 1))):
    np.testing.assert_array_equal(run(canvas, wanted), canvas * sign)
