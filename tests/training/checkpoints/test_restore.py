"""Restored weights, and checkpoints that do not fit."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from small_detector import small

from copypaste_tf.modeling import build, parts
from copypaste_tf.training.checkpoints.restore import initialize, restore


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


@pytest.fixture(scope='module')
def detector(tmp_path_factory):
  """Saves a small detector of four classes."""
  trained = build.mask_rcnn(detector_config(4))
  items = tf.train.Checkpoint(model=trained, **trained.checkpoint_items)
  return trained, items.save(str(tmp_path_factory.mktemp('saved') / 'ckpt'))


def detector_config(num_classes):
  config = small('maskrcnn_resnet50', 18)
  config.num_classes = num_classes
  return config


def test_all_but_the_classifier_is_restored_for_other_classes(detector):
  trained, path = detector
  other = build.mask_rcnn(detector_config(7))
  with pytest.raises(ValueError, match=r'class-predict.*all_but_classifier'):
    initialize(other, path, 'all')
  before = [v.numpy() for v in parts.variables(other, ['classifier'])]
  initialize(other, path, 'all_but_classifier')
  kept = parts.variables(other, ['classifier'])
  for v, value in zip(kept, before, strict=True):
    np.testing.assert_array_equal(v, value)
  rest = [parts.variables(m, 'all_but_classifier') for m in (trained, other)]
  for expected, got in zip(*rest, strict=True):
    np.testing.assert_array_equal(got, expected)


def test_one_part_is_restored_also_from_a_folder(detector, tmp_path):
  trained, _ = detector
  # As import_checkpoint --modules=backbone writes it.
  tf.train.Checkpoint(backbone=trained.backbone).save(str(tmp_path / 'ckpt'))
  other = build.mask_rcnn(detector_config(4))
  untouched = other.rpn_head.get_weights()
  with pytest.raises(ValueError, match='it is missing'):
    initialize(other, str(tmp_path), ['backbone', 'decoder'])
  initialize(other, str(tmp_path), ['backbone'])
  for got, expected in zip(
    other.backbone.variables, trained.backbone.variables, strict=True
  ):
    np.testing.assert_array_equal(got, expected)
  for got, expected in zip(other.rpn_head.variables, untouched, strict=True):
    np.testing.assert_array_equal(got, expected)


def test_an_empty_folder_is_an_error(detector, tmp_path):
  with pytest.raises(ValueError, match='no checkpoint in the folder'):
    initialize(detector[0], str(tmp_path), 'all')
