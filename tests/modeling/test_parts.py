"""Each variable belongs to one part; parts can be frozen alone."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from small_detector import small

from copypaste_tf.modeling import build, parts


def build_model(name='maskrcnn_resnet50', size=26):
  return build.mask_rcnn(small(name, size))


@pytest.mark.parametrize(
  ('name', 'size'),
  [('maskrcnn_resnet50', 26), ('cascade_maskrcnn_effb7_nasfpn', 'b0')],
)
def test_every_variable_belongs_to_one_part(name, size):
  model = build_model(name, size)
  variables = [parts.variables(model, [part]) for part in parts.PARTS]
  empty = [p for p, v in zip(parts.PARTS, variables, strict=True) if not v]
  expected = {'segmentation_head', 'class_pixels'}
  assert {*empty} - expected == {'class_boxes'} & {*empty}
  assert ('class_boxes' in empty) == ('cascade' in name)
  names = [v.name for v in itertools.chain(*variables)]
  assert sorted(names) == sorted(v.name for v in model.variables)


def test_the_classifier_has_the_variables_that_depend_on_the_classes():
  config = small('maskrcnn_resnet50', 26)
  model = build.mask_rcnn(config)
  config.num_classes += 3
  other = build.mask_rcnn(config)
  shapes = {v.name: v.shape for v in other.variables}
  changed = [v.name for v in model.variables if shapes[v.name] != v.shape]
  classifier = parts.variables(model, ['classifier'])
  assert changed == [v.name for v in classifier]
  rest = parts.variables(model, 'all_but_classifier')
  assert len(rest) + len(classifier) == len(model.variables)


def test_class_agnostic_boxes_do_not_belong_to_the_classifier():
  model = build_model('cascade_maskrcnn_effb7', 'b0')
  names = {v.name for v in parts.variables(model, ['classifier'])}
  assert any('class-predict' in name for name in names)
  assert not any('box-predict' in name for name in names)


def test_frozen_parts_keep_weights_and_statistics():
  model = build_model()
  parts.freeze(model, ['backbone', 'box_heads'])
  frozen = parts.variables(model, ['backbone', 'box_heads'])
  trainable = {v.name for v in model.trainable_variables}
  assert not trainable & {v.name for v in frozen}
  assert any(name.endswith('class-predict/kernel:0') for name in trainable)
  before = [v.numpy() for v in frozen]
  other = parts.variables(model, ['decoder'])
  moving = [v for v in other if 'moving_mean' in v.name]
  features = model.backbone(tf.ones([2, 64, 64, 3]), training=True)
  model.decoder(features, training=True)
  for v, value in zip(frozen, before, strict=True):
    np.testing.assert_array_equal(v, value)
  assert all(v.numpy().any() for v in moving)


def test_an_unknown_part_is_named():
  with pytest.raises(
    ValueError, match="but_classifier, classifier, got 'neck'"
  ):
    parts.expand(['backbone', 'neck'])
  assert parts.expand('backbone') == ('backbone',)


def test_a_group_stands_for_its_parts_also_in_a_list():
  assert parts.expand(['rpn_head', 'classifier', 'class_boxes']) == (
    'rpn_head',
    'class_scores',
    'class_boxes',
    'class_masks',
    'class_pixels',
  )
  rest = parts.expand('all_but_classifier')
  assert (*rest, *parts.expand('classifier')) == parts.expand('all')


def test_scores_boxes_and_masks_of_classes_are_parts_of_their_own():
  model = build_model()
  names = {
    part: {v.name.split('/')[-2] for v in parts.variables(model, [part])}
    for part in parts.CLASSIFIER
  }
  assert names == {
    'class_scores': {'class-predict'},
    'class_boxes': {'box-predict'},
    'class_masks': {'mask_fcn_logits'},
    'class_pixels': set(),
  }
