"""Published names of the variables of a model."""

import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.checkpoints.published_names import published_names


def test_names_are_those_of_the_layers():
  outer = tf.Module()
  outer.first = tf_keras.layers.Dense(2, name='scope/fc6')
  outer.list = [tf_keras.layers.BatchNormalization(name='scope/bn')]
  for layer in (outer.first, *outer.list):
    layer(tf.zeros([1, 3]))
  names = published_names(outer)
  assert sorted(names) == [
    'scope/bn/beta',
    'scope/bn/gamma',
    'scope/bn/moving_mean',
    'scope/bn/moving_variance',
    'scope/fc6/bias',
    'scope/fc6/kernel',
  ]
  assert names['scope/fc6/kernel'] is outer.first.kernel


def test_a_repeated_name_is_refused():
  outer = tf.Module()
  outer.layers = [tf_keras.layers.Dense(2, name='same') for _ in range(2)]
  for layer in outer.layers:
    layer(tf.zeros([1, 3]))
  with pytest.raises(ValueError, match='two variables .* same/kernel'):
    published_names(outer)
