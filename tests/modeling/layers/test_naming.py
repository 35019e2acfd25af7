"""Numbers of repeated layer names."""

from copypaste_tf.modeling.layers.naming import LayerNames


def test_each_kind_of_layer_has_its_own_numbers():
  names = LayerNames('scope')
  kinds = ['conv2d', 'bn', 'conv2d', 'conv2d', 'bn']
  assert [names(kind) for kind in kinds] == [
    'scope/conv2d',
    'scope/bn',
    'scope/conv2d_1',
    'scope/conv2d_2',
    'scope/bn_1',
  ]
