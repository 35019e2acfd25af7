"""Names and initial weights of stacks of convolutions."""

import itertools

import numpy as np
import tensorflow as tf

from copypaste_tf.modeling.layers import convolution
from copypaste_tf.modeling.layers.normalization import Norm


def test_each_layer_has_its_own_name_and_weights():
  count = itertools.count()
  layers = convolution.stack(
    2, 4, Norm(), 'head/conv_', lambda: f'head/norm_{next(count)}'
  )
  assert [conv.name for conv, _ in layers] == ['head/conv_0', 'head/conv_1']
  assert [norm.name for _, norm in layers] == ['head/norm_0', 'head/norm_1']
  for conv, _ in layers:
    assert conv(tf.zeros([1, 5, 5, 4])).shape == [1, 5, 5, 4]
  kernels = [conv.kernel.numpy() for conv, _ in layers]
  assert not np.array_equal(*kernels)


def test_the_standard_deviation_follows_the_fan_out():
  kernel = convolution.fan_out_normal()([3, 3, 16, 256]).numpy()
  np.testing.assert_allclose(kernel.std(), np.sqrt(2 / (9 * 256)), rtol=0.02)
