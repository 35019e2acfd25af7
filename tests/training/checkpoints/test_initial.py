"""A training starts from parts of a checkpoint, and tells which."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from small_detector import small

from copypaste_tf.modeling import build, parts
from copypaste_tf.training.checkpoints import initial
from copypaste_tf.training.checkpoints.initial import initialize


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
  start = initialize(other, path, 'all_but_classifier')
  count = len(trained.variables)
  assert str(start) == (
    f'{count - 6} of {count} variables start from {path} (backbone, decoder, '
    'rpn_head, box_heads, mask_head); 6 keep their initial values '
    '(class_scores, class_boxes, class_masks); 6 values of its model are not '
    'read'
  )
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


def test_a_checkpoint_is_compared_with_a_model_without_values(detector):
  _, path = detector
  with tf.Graph().as_default():
    model, other = (build.mask_rcnn(detector_config(n)) for n in (4, 7))
    start = initial.start(model, path, 'all')
    assert not start.fresh and not start.unread
    assert sum(map(len, start.taken.values())) == len(model.variables)
    with pytest.raises(ValueError, match='all_but_classifier'):
      initial.start(other, path, 'all')


def test_a_checkpoint_is_named_by_folder_prefix_or_file(detector, tmp_path):
  _, path = detector
  folder = path.rpartition('/')[0]
  for name in (folder, path, f'{path}.index', f'{path}.data-00000-of-00001'):
    assert initial.find(name) == path
  for name in (tmp_path, tmp_path / 'gone', f'{path}.data'):
    with pytest.raises(ValueError, match='no checkpoint'):
      initial.find(str(name))


def test_the_state_of_an_optimizer_stays_unread(tmp_path):
  model = tf_keras.Sequential([tf_keras.layers.Dense(2)])
  model.build([None, 3])
  optimizer = tf_keras.optimizers.legacy.SGD(0.1, momentum=0.9)
  optimizer.apply_gradients([(tf.ones_like(v), v) for v in model.variables])
  step = tf.Variable(7, dtype=tf.int64)
  items = tf.train.Checkpoint(
    model=model, optimizer=optimizer, global_step=step
  )
  items.save(str(tmp_path / 'ckpt'))
  start = initialize(model, str(tmp_path), 'all')
  assert [*start.taken] == ['all'] and not start.fresh
  assert start.unread.keys() == {'optimizer'}


def test_files_of_other_programs_are_named(tmp_path):
  (tmp_path / 'saved_model.pb').touch()
  with pytest.raises(ValueError, match='is a SavedModel'):
    initial.find(str(tmp_path))
  for name in ('r50.pth', 'model.h5'):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match='is of another program'):
      initial.find(str(tmp_path / name))
