"""Labels of a training step: layout, padding, and the anchors sampled."""

import subprocess
import sys

import numpy as np
import pytest
import reference
import replica_checks
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.examples import Regions
from copypaste_tf.modeling.regions import mask_targets, roi_sampling
from copypaste_tf.tasks.detection import labels as train_labels
from copypaste_tf.training.config import gin_config

TINY = ['IMAGE_SIZE = (64, 64)', 'model.levels = (2, 4)']


@pytest.fixture(scope='module')
def config():
  return gin_config.load(['smoke'], TINY).params.task


@pytest.fixture(scope='module')
def batch():
  scenes = reference.make_scenes(np.random.default_rng(0), batch=2)
  return augment.augment(
    tf.nest.map_structure(tf.constant, scenes),
    tf.constant([0, 1]),
    output_size=(64, 64),
    max_instances=20,
    jitter=augment.ScaleJitter(0.9, 1.1),
    copy_paste=augment.CopyPaste(min_visible_area=8, subset='all'),
  )


def _labels(config, batch, step):
  return train_labels.labels(config, batch, tf.constant(step, tf.int64))


def test_labels_have_model_gardens_padding(config, batch):
  labels = _labels(config, batch, 3)
  padding = batch.classes.numpy() == 0
  assert np.any(padding) and not np.all(padding)
  assert np.all(labels['gt_classes'].numpy()[padding] == -1)
  assert np.all(labels['gt_boxes'].numpy()[padding] == -1)
  np.testing.assert_array_equal(
    labels['gt_classes'].numpy()[~padding], batch.classes.numpy()[~padding]
  )
  np.testing.assert_array_equal(labels['image_info'][:, 1], [[64, 64]] * 2)


def test_mask_targets_are_the_masks_within_the_boxes(config, batch):
  labels = _labels(config, batch, 0)
  rows = tf.argsort(batch.areas, direction='DESCENDING')[:, :3]
  boxes = tf.gather(batch.boxes, rows, batch_dims=1)
  classes = tf.gather(batch.classes, rows, batch_dims=1)
  masks = mask_targets.mask_targets(
    roi_sampling.Targets(boxes, classes, boxes, rows),
    labels['gt_masks'],
    size=28,
  )
  ymin, xmin, ymax, xmax = tf.unstack(boxes, axis=-1)
  areas = tf.cast(tf.gather(batch.areas, rows, batch_dims=1), tf.float32)
  assert np.all(areas > 40)
  # The box of an untouched object is the annotated one, so not quite tight.
  np.testing.assert_allclose(
    tf.reduce_mean(masks, axis=[2, 3]),
    areas / ((ymax - ymin) * (xmax - xmin)),
    atol=0.15,
  )


def test_regions_go_to_the_model_and_take_their_anchors(config, batch):
  regions = Regions(
    tf.constant([[[-99.0, -99, 199, 199]], [[0, 0, 0, 0]]]),
    tf.constant([[True], [False]]),
  )
  plain = _labels(config, batch, 3)
  labels = _labels(config, batch._replace(regions=regions), 3)
  assert labels['gt_ignored'] is regions and 'gt_ignored' not in plain
  for level, scores in labels['rpn_score_targets'].items():
    expected = plain['rpn_score_targets'][level]
    assert not np.any(scores[0] == 0)
    np.testing.assert_array_equal(scores[1], expected[1])


def test_other_steps_sample_other_anchors_and_the_same_step_the_same(
  config, batch
):
  def sampled(step):
    targets = _labels(config, batch, step)
    return np.concatenate(
      [t.numpy().ravel() for t in targets['rpn_score_targets'].values()]
    )

  np.testing.assert_array_equal(sampled(1), sampled(1))
  assert np.any(sampled(1) != sampled(2))


def test_replicas_sample_different_anchors():
  # In a process of its own: devices are fixed when TensorFlow starts.
  done = subprocess.run(
    [sys.executable, replica_checks.__file__, 'sampling'],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
