"""Restored weights, and checkpoints that do not fit."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.training.checkpoints.restore import restore


def dense_model(width=3, name='dense'):
  network = tf_keras.Sequential([tf_keras.layers.Dense(width, name=name)])
  network.build([None, 2])
  return network


@pytest.fixture
def saved(tmp_path):
  trained = dense_model()
  optimizer = tf_keras.optimizers.legacy.SGD(0.1, momentum=0.9)
  optimizer.apply_gradients(
    [(tf.ones_like(v), v) for v in trained.trainable_variables]
  )
  # As Orbit writes it: two paths lead to some parts of the model.
  items = tf.train.Checkpoint(
    backbone=trained.layers[0], model=trained, optimizer=optimizer
  )
  return trained, items.save(str(tmp_path / 'ckpt'))


def test_every_variable_is_restored(saved):
  trained, path = saved
  other = dense_model()
  assert not np.array_equal(other.variables[0], trained.variables[0])
  restore(other, path)
  for got, expected in zip(other.variables, trained.variables, strict=True):
    np.testing.assert_array_equal(got, expected)


def test_another_shape_is_named_and_nothing_is_assigned(saved):
  other = dense_model(width=4)
  before = [v.numpy() for v in other.variables]
  with pytest.raises(ValueError, match=r'dense/\w+:0 has the shape .*4.*3'):
    restore(other, saved[1])
  for got, expected in zip(other.variables, before, strict=True):
    np.testing.assert_array_equal(got, expected)


def test_a_missing_variable_is_named(saved):
  other = tf_keras.Sequential(
    [tf_keras.layers.Dense(3), tf_keras.layers.Dense(5, name='second')]
  )
  other.build([None, 2])
  with pytest.raises(ValueError, match=r'second/\w+:0 .*it is missing'):
    restore(other, saved[1])


def test_a_damaged_checkpoint_is_refused_and_the_variable_named(
  saved, tmp_path
):
  trained, path = saved
  data = tmp_path / 'ckpt-1.data-00000-of-00001'
  whole = data.read_bytes()
  start = whole.index(trained.variables[0].numpy().tobytes())
  data.write_bytes(whole[:start] + b'????' + whole[start + 4 :])
  other = dense_model()
  before = other.variables[0].numpy()
  with pytest.raises(ValueError, match='cannot be read, at dense/kernel:0'):
    restore(other, path)
  np.testing.assert_array_equal(other.variables[0], before)
  data.write_bytes(whole[:20])
  with pytest.raises(ValueError, match='cannot be read'):
    restore(dense_model(), path)
  (tmp_path / 'ckpt-1.index').write_bytes(b'nothing')
  with pytest.raises(ValueError, match='cannot be read, at its index'):
    restore(dense_model(), path)


def test_a_tf1_checkpoint_is_refused_with_advice(tmp_path):
  path = str(tmp_path / 'model.ckpt')
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.get_variable('v', [2])
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.train.Saver().save(session, path)
  with pytest.raises(ValueError, match='import_checkpoint'):
    restore(dense_model(), path)


def test_no_checkpoint_is_an_error(tmp_path):
  with pytest.raises(ValueError, match='none'):
    restore(dense_model(), str(tmp_path / 'none'))
