"""Builds small models of all kinds, trains a step and detects objects."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from small_detector import MODELS, SIDE, small

from copypaste_tf.modeling import build

# Each of their parts belongs to one of the other models, too.
THOROUGH = ('maskrcnn_resnet101', 'cascade_maskrcnn_effb7')


@pytest.fixture(
  scope='module',
  params=[
    pytest.param(name, marks=[pytest.mark.thorough] if name in THOROUGH else [])
    for name in MODELS
  ],
)
def name(request):
  return request.param


@pytest.fixture(scope='module')
def model(name):
  return build.mask_rcnn(small(name, MODELS[name]))


def batch():
  images = tf.random.stateless_normal([2, SIDE, SIDE, 3], [1, 2])
  boxes = np.full([2, 5, 4], -1, np.float32)
  boxes[0, 0] = [10, 20, 90, 100]
  classes = np.full([2, 5], -1, np.int32)
  classes[0, 0] = 3
  return {
    'images': images,
    'image_shape': tf.constant([[SIDE, SIDE], [SIDE, 70.0]]),
    'gt_boxes': tf.constant(boxes),
    'gt_classes': tf.constant(classes),
    'gt_masks': tf.ones([2, 5, 112, 112]),
  }


def test_a_training_step_reaches_every_variable(name, model):
  # Eagerly: tracing the graph of a step takes a minute.
  with tf.GradientTape() as tape:
    outputs = model(training=True, **batch())
    total = tf.add_n(
      [
        tf.reduce_sum(tf.square(x))
        for key, x in outputs.items()
        if 'outputs' in key
      ]
      + [tf.reduce_sum(tf.square(x)) for x in outputs['rpn_scores'].values()]
      + [tf.reduce_sum(tf.square(x)) for x in outputs['rpn_boxes'].values()]
    )
  gradients = tape.gradient(total, model.trainable_variables)
  missing = [
    v.name
    for v, g in zip(model.trainable_variables, gradients, strict=True)
    if g is None
  ]
  assert not missing
  stages = 3 if 'cascade' in name else 1
  assert sum(key.startswith('class_targets') for key in outputs) == stages
  assert outputs['class_targets'].shape == [2, 16]
  assert outputs['mask_outputs'].shape == [2, 4, 28, 28]


def test_detections_lie_in_the_image(model):
  values = batch()
  outputs = model(values['images'], values['image_shape'], training=False)
  boxes = outputs['detection_boxes'].numpy()
  assert boxes.min() >= 0
  assert boxes[0].max() <= SIDE - 1
  assert boxes[1, :, [1, 3]].max() <= 69
  assert outputs['detection_masks'].shape == [2, 10, 28, 28]
  assert np.all(outputs['num_detections'] <= 10)


@pytest.fixture(scope='module')
def bfloat16_model(name, model):
  """The same model under the policy `mixed_bfloat16` of the recipes."""
  tf_keras.mixed_precision.set_global_policy('mixed_bfloat16')
  try:
    other = build.mask_rcnn(small(name, MODELS[name]))
  finally:
    tf_keras.mixed_precision.set_global_policy('float32')
  other.set_weights(model.get_weights())
  return other


def test_bfloat16_is_near_float32(model, bfloat16_model):
  values = batch()
  expected, actual = (
    m(values['images'], values['image_shape'], training=False)
    for m in (model, bfloat16_model)
  )
  assert actual['rois'].dtype == tf.float32
  assert actual['decoder_features']['5'].dtype == tf.bfloat16
  for level, scores in expected['rpn_scores'].items():
    assert actual['rpn_scores'][level].dtype == tf.float32
    spread = np.std(scores) + 1e-3
    np.testing.assert_allclose(
      actual['rpn_scores'][level], scores, atol=0.5 * spread
    )


def test_bfloat16_trains(bfloat16_model):
  with tf.GradientTape() as tape:
    outputs = bfloat16_model(training=True, **batch())
    kinds = ('class_outputs', 'box_outputs', 'mask_outputs')
    total = tf.add_n([tf.reduce_mean(outputs[kind]) for kind in kinds])
  assert total.dtype == tf.float32
  gradients = tape.gradient(total, bfloat16_model.trainable_variables)
  for variable, gradient in zip(
    bfloat16_model.trainable_variables, gradients, strict=True
  ):
    assert variable.dtype == tf.float32
    if gradient is not None:
      assert np.isfinite(gradient).all(), variable.name


def test_proposals_carry_no_gradient(model):
  values = batch()
  with tf.GradientTape() as tape:
    outputs = model(values['images'], values['image_shape'], training=False)
    total = tf.reduce_sum(outputs['rois'])
  gradients = tape.gradient(total, model.trainable_variables)
  assert all(gradient is None for gradient in gradients)
