"""Levels of the FPN and its top-down pathway by hand."""

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.pyramids.fpn import FPN

FEATURES = {
  str(level): tf.random.stateless_normal(
    [1, 128 >> level, 64 >> level, level], [level, 0]
  )
  for level in (2, 3, 4, 5)
}


def test_levels_have_their_sizes():
  pyramid = FPN(Norm(), max_level=7, filters=8)(FEATURES)
  assert {k: x.shape.as_list() for k, x in pyramid.items()} == {
    '2': [1, 32, 16, 8],
    '3': [1, 16, 8, 8],
    '4': [1, 8, 4, 8],
    '5': [1, 4, 2, 8],
    '6': [1, 2, 1, 8],
    '7': [1, 1, 1, 8],
  }


def test_the_top_down_pathway_by_hand():
  model = FPN(Norm(epsilon=0.0), min_level=4, max_level=5, filters=3)
  model(FEATURES)
  lateral = {k: conv(FEATURES[k]).numpy() for k, conv in model.lateral.items()}
  above = np.kron(lateral['5'][0].transpose(2, 0, 1), np.ones([2, 2]))
  total = lateral['4'][0] + above.transpose(1, 2, 0)
  expected = model.post_hoc['4'](total[np.newaxis])
  # With the initial statistics, normalisation is the identity.
  np.testing.assert_allclose(model(FEATURES)['4'], expected, atol=1e-5)
  np.testing.assert_allclose(
    model(FEATURES)['5'], model.post_hoc['5'](lateral['5']), atol=1e-5
  )


def test_level_six_is_a_strided_convolution_of_level_five():
  model = FPN(Norm(epsilon=0.0), filters=4)
  pyramid = model(FEATURES)
  expected = model.coarse['6'](pyramid['5'])
  np.testing.assert_allclose(pyramid['6'], expected, atol=1e-5)
