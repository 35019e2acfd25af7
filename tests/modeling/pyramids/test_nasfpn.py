"""Levels, unused inputs and drop-connect of NAS-FPN."""

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.checkpoints.published_names import published_names
from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.pyramids.nasfpn import NASFPN

FEATURES = {
  str(level): tf.random.stateless_normal(
    [2, 128 >> level, 128 >> level, level], [level, 0]
  )
  for level in (2, 3, 4, 5)
}


def test_levels_have_four_times_the_channels():
  pyramid = NASFPN(Norm(), filters=8, repeats=2)(FEATURES)
  assert {k: x.shape.as_list() for k, x in pyramid.items()} == {
    str(level): [2, 128 >> level, 128 >> level, 32] for level in range(3, 8)
  }


def test_unused_inputs_join_the_outputs_of_their_level():
  model = NASFPN(Norm(), filters=4, repeats=2)
  model(FEATURES)
  joined = {
    name.split('/')[-3]
    for name in published_names(model)
    if 'cell_1' in name and 'resample_fa' in name
  }
  assert joined == {'resample_fa_4_2', 'resample_fa_5_4'}
  first = [n for n in published_names(model) if 'cell_0/sub_policy0' in n]
  assert not [n for n in first if 'resample' in n]


def test_coarse_input_levels_are_max_pooled():
  model = NASFPN(Norm(), filters=4, repeats=1)
  inputs = model.input_levels(FEATURES)
  expected = inputs['5'].numpy().reshape(2, 2, 2, 2, 2, 4).max((2, 4))
  np.testing.assert_array_equal(inputs['6'], expected)


def test_training_drops_branches():
  model = NASFPN(Norm(), filters=4, repeats=1, drop_connect_rate=0.5)
  model(FEATURES)
  draws = [model(FEATURES, training=True)['6'].numpy() for _ in range(6)]
  assert max(np.abs(draws[0] - draw).max() for draw in draws[1:]) > 0


def test_separable_nodes_keep_the_channels_and_resample_nothing():
  model = NASFPN(Norm(), filters=8, repeats=2, separable=True)
  pyramid = model(FEATURES)
  assert {k: x.shape.as_list() for k, x in pyramid.items()} == {
    str(level): [2, 128 >> level, 128 >> level, 8] for level in range(3, 8)
  }
  kernels = [n for n in published_names(model) if n.endswith('kernel')]
  separable = [n for n in kernels if 'op_after_combine' in n]
  assert len(separable) == 2 * 7 * 2  # Two kernels of each node of each cell.
  assert len(kernels) - len(separable) == 3  # One for each backbone level.
