import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment.engines import row_blocks


def test_only_instances_with_an_id_are_visited():
  rng = np.random.default_rng(0)
  content = rng.integers(0, 3, [2, 2, 6, 5]).astype(np.uint8)
  # Of two images, three blocks of two rows.
  ids = np.zeros([2, 3, 2], np.int32)
  ids[0, 1] = 2, 256 + 1
  ids[1, 2, 0] = 256 + 2

  def visited(ids, partner=None):
    found = row_blocks.fold_instances(
      lambda state, *found: tuple(
        array.write(array.size(), x)
        for array, x in zip(state, found, strict=True)
      ),
      tuple(
        tf.TensorArray(dtype, 0, dynamic_size=True)
        for dtype in (tf.bool, tf.int32, tf.int32)
      ),
      tf.constant(content),
      tf.constant(ids),
      partner=partner,
    )
    return [x.stack().numpy() for x in found]

  assert visited(np.zeros_like(ids))[1].size == 0
  for partner in (None, [1, 0]):
    here, blocks, index = visited(ids, partner)
    np.testing.assert_array_equal(blocks, [1, 1, 5])
    np.testing.assert_array_equal(index, [2, 3, 10])
    first, last = partner or (0, 1)
    np.testing.assert_array_equal(here[0], content[first, 0, 2:4] == 2)
    np.testing.assert_array_equal(here[1], content[first, 1, 2:4] == 1)
    np.testing.assert_array_equal(here[2], content[last, 1, 4:6] == 2)


@pytest.mark.parametrize(
  ('height', 'most', 'expected'),
  [(1024, 128, (128, 8)), (160, 128, (32, 5)), (100, 128, (100, 1))],
)
def test_blocks_divide_the_canvas(height, most, expected):
  assert row_blocks.grid(height, most) == expected


def test_boxes_reach_into_the_blocks_that_hold_one_of_their_rows():
  boxes = [[0, 0, 1, 5], [4, 0, 9, 5], [3, 0, 4, 5], [0, 0, 0, 0]]
  found = row_blocks.reach(tf.constant([boxes]), row_blocks.Grid(4, 3))
  np.testing.assert_array_equal(
    found[0],
    [
      [True, False, True, False],
      [False, True, False, False],
      [False, True, False, False],
    ],
  )


def test_layers_are_cut_into_blocks_of_rows():
  layers = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
  found = row_blocks.split(tf.constant(layers), 2)
  assert found.shape == (12, 2, 5)
  for i, j, k in np.ndindex(2, 3, 2):
    np.testing.assert_array_equal(
      found[6 * i + 2 * j + k], layers[i, j, 2 * k : 2 * k + 2]
    )


def test_only_wanted_blocks_are_written():
  canvas = tf.reshape(tf.range(2 * 6 * 2), [2, 6, 2])
  wanted = tf.constant([[True, False, True], [False, False, True]])

  def negate(blocks, wanted):
    folded = row_blocks.fold_blocks(
      lambda block, state: state.write(block, -state.read(block)),
      row_blocks.array_of(row_blocks.split(blocks[:, tf.newaxis], 3)),
      wanted,
    )
    return tf.reshape(folded.stack(), [2, 6, 2])

  sign = np.repeat(np.where(wanted, -1, 1), 2, axis=1)[..., np.newaxis]
  for run in (negate, *(tf.function(negate, jit_compile=x) for x in (0, 1))):
    np.testing.assert_array_equal(run(canvas, wanted), canvas * sign)
