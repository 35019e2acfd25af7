"""EfficientNet against the published sizes and settings."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.backbones import efficientnet
from copypaste_tf.modeling.backbones.efficientnet import EfficientNet

# Blocks, channels of the stem, channels of level 5, and parameters with the
# ImageNet classifier from the published table.
MODELS = {
  'b0': (16, 32, 320, 5_288_548),
  'b1': (23, 32, 320, 7_794_184),
  'b2': (23, 32, 352, 9_109_994),
  'b3': (26, 40, 384, 12_233_232),
  'b4': (32, 48, 448, 19_341_616),
  'b5': (39, 48, 512, 30_389_784),
  'b6': (45, 56, 576, 43_040_704),
  'b7': (55, 64, 640, 66_347_960),
}


@pytest.mark.parametrize(
  'name',
  [
    pytest.param(name, marks=[pytest.mark.parity] if name > 'b4' else [])
    for name in MODELS
  ],
)
def test_blocks_levels_and_parameters_are_the_published_ones(name):
  blocks, stem, channels, total = MODELS[name]
  model = EfficientNet(name)
  features = model(tf.zeros([1, 64, 96, 3]))
  assert len(model.blocks) == blocks
  assert model.stem.filters == stem
  assert [*features] == ['2', '3', '4', '5']
  for level, x in features.items():
    assert x.shape[1:3] == [64 >> int(level), 96 >> int(level)]
  assert features['5'].shape[-1] == channels
  count = sum(np.prod(v.shape) for v in model.trainable_variables)
  # The classifier has a convolution without bias, 4 channels per channel of
  # level 5, and a fully connected layer.
  convolution = (channels * 4 * channels) + 2 * 4 * channels
  assert count == total - convolution - (4 * channels + 1) * 1000


def test_drop_connect_grows_with_depth():
  model = EfficientNet('b0')
  rates = [block.drop.rate for block in model.blocks]
  np.testing.assert_allclose(rates, 0.2 * np.arange(16) / 16)


def test_momentum_and_epsilon_are_the_published_ones():
  norms = [
    layer
    for layer in EfficientNet('b0').submodules
    if isinstance(layer, tf_keras.layers.BatchNormalization)
  ]
  assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.99, 1e-3)}


def test_training_differs_from_inference():
  # At this rate two calls practically never drop the same branches.
  model = EfficientNet('b0', drop_connect_rate=0.9)
  x = tf.random.stateless_normal([16, 64, 64, 3], [1, 2])
  once, again = (model(x, training=True)['5'] for _ in range(2))
  assert np.abs(once - again).max() > 0  # Drop-connect.
  once, again = (model(x, training=False)['5'] for _ in range(2))
  np.testing.assert_array_equal(once, again)


def test_initial_weights_differ_between_layers_and_have_the_right_spread():
  model = EfficientNet('b0')
  model(tf.zeros([1, 32, 32, 3]))
  kernel = model.blocks[5].depthwise.depthwise_kernel.numpy()
  assert kernel.std() == pytest.approx(np.sqrt(2 / 9), rel=0.05)
  first, second = (model.blocks[i].expansion.kernel.numpy() for i in (6, 7))
  assert first.shape != second.shape or np.abs(first - second).max() > 0


def test_an_unknown_model_is_refused():
  with pytest.raises(ValueError, match="one of .* got 'b8'"):
    EfficientNet('b8')


def test_filters_are_multiples_of_eight():
  for filters in (16, 24, 40, 80, 112, 192, 320):
    for width, _ in efficientnet.SCALES.values():
      rounded = efficientnet.round_filters(filters, width)
      assert rounded % 8 == 0
      assert rounded >= 0.9 * filters * width
