"""Shapes and shared layers of the RPN head."""

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.rpn.rpn_head import RPNHead

PYRAMID = {
  str(level): tf.random.stateless_normal(
    [2, 64 >> level, 64 >> level, 5], [level, 0]
  )
  for level in (3, 4)
}


def test_shapes_and_shared_convolutions():
  head = RPNHead(Norm(), levels=range(3, 5), anchors_per_location=3, filters=7)
  scores, boxes = head(PYRAMID)
  assert scores['3'].shape == [2, 8, 8, 3]
  assert boxes['4'].shape == [2, 4, 4, 12]
  kernels = [v for v in head.trainable_variables if 'kernel' in v.name]
  assert len(kernels) == 4
  assert len(head.trainable_variables) == 4 * 2 + 2 * 2 * 2


def test_each_level_has_its_own_normalisation():
  head = RPNHead(Norm(), levels=range(3, 5), anchors_per_location=1, filters=7)
  head(PYRAMID)
  before, _ = head(PYRAMID)
  head.norms['4'][1].beta.assign_add(tf.ones([7]))
  after, _ = head(PYRAMID)
  np.testing.assert_array_equal(before['3'], after['3'])
  assert np.abs(before['4'] - after['4']).max() > 0
