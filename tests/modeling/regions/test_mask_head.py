"""The mask head predicts the mask of the class that it is given."""

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.regions.mask_head import MaskHead


def test_each_region_gets_the_mask_of_its_class():
  head = MaskHead(Norm(), num_classes=5, num_convs=2, filters=4)
  features = tf.random.stateless_normal([2, 3, 14, 14, 6], [1, 2])
  all_classes = np.stack(
    [head(features, tf.fill([2, 3], k)).numpy() for k in range(5)]
  )
  classes = np.array([[0, 3, 1], [4, 4, 2]], np.int32)
  actual = head(features, tf.constant(classes))
  assert actual.shape == [2, 3, 28, 28]
  for b in range(2):
    for i in range(3):
      np.testing.assert_allclose(
        actual[b, i], all_classes[classes[b, i], b, i], atol=1e-6
      )
  assert np.abs(all_classes[0] - all_classes[1]).max() > 0
