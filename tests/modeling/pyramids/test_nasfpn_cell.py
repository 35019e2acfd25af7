"""The nodes of the searched cell."""

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.pyramids.nasfpn_cell import CELL, Cell, Resample

PYRAMID = {
  str(level): tf.random.stateless_normal(
    [1, 128 >> level, 128 >> level, 4], [level, 0]
  )
  for level in range(3, 8)
}


def cell():
  return Cell(
    Norm(), 'cell', filters=4, wide_inputs=False, drop_connect_rate=0.0
  )


def test_each_level_is_the_output_of_one_node():
  outputs = [node.level for node in CELL if node.is_output]
  assert sorted(outputs) == [3, 4, 5, 6, 7]
  for i, node in enumerate(CELL):
    assert max(node.inputs) < 5 + i


def test_levels_keep_their_size_and_get_four_times_the_channels():
  pyramid = cell()(PYRAMID)
  assert [*pyramid] == ['3', '4', '5', '6', '7']
  for level, x in pyramid.items():
    assert x.shape == [*PYRAMID[level].shape[:3], 16]


def test_level_three_equals_its_three_nodes_by_hand():
  one = cell()
  actual = one(PYRAMID)['3']

  def repeat(x, factor):
    return np.repeat(np.repeat(x, factor, axis=1), factor, axis=2)

  def run(node, total):
    return one.blocks[node](tf.nn.silu(total))

  first = run(0, PYRAMID['4'] + repeat(PYRAMID['6'], 4))
  second = run(1, PYRAMID['4'] + one.resamples[1]['5'](first))
  resampled = one.resamples[2]['6'](second)
  third = run(2, PYRAMID['3'] + repeat(resampled, 2))
  np.testing.assert_allclose(actual, third, atol=1e-5)


def test_resampling_changes_the_channels_only():
  x = PYRAMID['5']
  assert Resample(7, Norm(), 'resample')(x).shape == [*x.shape[:3], 7]
