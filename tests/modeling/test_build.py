"""Builds models of configs, and refuses unsupported configs."""

import numpy as np
import pytest
import tensorflow as tf
from small_detector import small

from copypaste_tf.modeling import build


@pytest.mark.parametrize(
  ('section', 'change', 'message'),
  [
    ('backbone', {'type': 'mobilenet'}, "'resnet' or 'efficientnet'"),
    ('decoder', {'type': 'aspp'}, "must be 'fpn'"),
    ('decoder', {'type': 'nasfpn'}, 'with levels 3 to 7'),
    ('roi_sampler', {'cascade_iou_thresholds': [0.7]}, 'class_agnostic'),
  ],
)
def test_an_unsupported_config_is_refused(section, change, message):
  config = small('maskrcnn_resnet50', 26)
  getattr(config, section).override(change)
  with pytest.raises(ValueError, match=message):
    build.mask_rcnn(config)


def test_too_many_stages_are_refused():
  config = small('cascade_maskrcnn_effb7', 'b0')
  config.roi_sampler.cascade_iou_thresholds = [0.6, 0.7, 0.8]
  with pytest.raises(ValueError, match='at most 3 stages, got 4'):
    build.mask_rcnn(config)


def test_a_model_without_mask_head_has_no_masks():
  config = small('maskrcnn_resnet50', 26)
  config.include_mask = False
  config.mask_head = config.mask_roi_aligner = config.mask_sampler = None
  model = build.mask_rcnn(config)
  outputs = model(tf.zeros([1, 64, 64, 3]), tf.constant([[64.0, 64.0]]))
  assert 'detection_masks' not in outputs


def test_only_kernels_decay():
  model = build.mask_rcnn(small('maskrcnn_resnet50', 26))
  build.decay_weights(model, 0.5)
  expected = sum(
    np.sum(np.square(v)) / 4
    for v in model.trainable_variables
    if 'kernel' in v.name
  )
  assert float(tf.add_n(model.losses)) == pytest.approx(expected, rel=1e-4)
