"""Shapes and names of the box head."""

import pytest
import tensorflow as tf

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.regions.box_head import BoxHead


@pytest.mark.parametrize(('class_agnostic', 'boxes'), [(True, 4), (False, 24)])
def test_outputs_have_the_documented_shapes(class_agnostic, boxes):
  head = BoxHead(
    Norm(),
    stage=2,
    num_classes=6,
    class_agnostic=class_agnostic,
    filters=4,
    fc_dims=8,
  )
  logits, codes = head(tf.ones([2, 3, 7, 7, 5]))
  assert logits.shape == [2, 3, 6]
  assert codes.shape == [2, 3, boxes]
  assert head.name == 'frcnn_layer_2/fast_rcnn_head'
  assert [fc.name for fc, _ in head.fcs] == [
    f'{head.name}/fc6',
    f'{head.name}/fc7',
  ]


def test_regions_are_independent_at_inference():
  head = BoxHead(Norm(), num_classes=6, filters=4, fc_dims=8)
  features = tf.random.stateless_normal([1, 2, 7, 7, 5], [1, 2])
  both, _ = head(features)
  one, _ = head(features[:, :1])
  tf.debugging.assert_near(both[:, :1], one, atol=1e-5)
