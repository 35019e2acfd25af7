"""ResNet against the published sizes, and its padding by hand."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling.backbones.resnet import PaddedConv, ResNet
from copypaste_tf.modeling.layers.normalization import Norm

# Parameters with the ImageNet classifier from the published tables. There, the
# first group of depths 18 and 34 has no projection (64 x 64 + 2 x 64).
PROJECTION = 64 * 64 + 2 * 64
TOTALS = {
  18: 11_689_512 + PROJECTION,
  34: 21_797_672 + PROJECTION,
  50: 25_557_032,
  101: 44_549_160,
  152: 60_192_808,
}


@pytest.mark.parametrize('depth', TOTALS)
def test_parameters_and_levels_are_the_published_ones(depth):
  model = ResNet(depth, Norm())
  features = model(tf.zeros([1, 64, 96, 3]))
  wide = 4 if depth >= 50 else 1
  shapes = {level: x.shape.as_list() for level, x in features.items()}
  assert shapes == {
    str(level): [1, 64 >> level, 96 >> level, 16 * wide << level]
    for level in (2, 3, 4, 5)
  }
  count = sum(np.prod(v.shape) for v in model.trainable_variables)
  assert count == TOTALS[depth] - (512 * wide + 1) * 1000


def test_the_width_multiplier_scales_the_channels():
  features = ResNet(10, Norm(), width_multiplier=0.5)(tf.zeros([1, 64, 64, 3]))
  assert features['5'].shape[-1] == 256


def test_an_unknown_depth_is_refused():
  with pytest.raises(ValueError, match='depth must be one of .* got 51'):
    ResNet(51, Norm())


def test_strided_convolution_pads_the_same_on_both_sides():
  conv = PaddedConv(1, 3, 2, 'conv')
  conv(tf.zeros([1, 4, 4, 1]))
  conv.conv.set_weights([np.ones([3, 3, 1, 1], np.float32)])
  image = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
  padded = np.pad(image[0, :, :, 0], 1)
  expected = [
    [padded[i : i + 3, j : j + 3].sum() for j in (0, 2)] for i in (0, 2)
  ]
  np.testing.assert_allclose(conv(tf.constant(image))[0, :, :, 0], expected)
