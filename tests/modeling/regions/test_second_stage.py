"""The stages of the cascade at inference, and their options."""

import numpy as np
import pytest
import tensorflow as tf
from small_detector import small

from copypaste_tf.examples import Regions
from copypaste_tf.modeling import box_coding, build
from copypaste_tf.modeling.options import SecondStageOptions
from copypaste_tf.modeling.regions import roi_sampling
from copypaste_tf.modeling.regions.roi_sampling import GroundTruth
from copypaste_tf.modeling.regions.second_stage import SecondStage


@pytest.fixture(scope='module')
def cascade():
  return build.mask_rcnn(small('cascade_maskrcnn_effb7', 'b0')).regions


PYRAMID = {
  str(level): tf.random.stateless_normal(
    [1, 128 >> level, 128 >> level, 8], [level, 0]
  )
  for level in range(2, 7)
}
ROIS = tf.constant([[[4.0, 4, 40, 50], [30, 20, 120, 110]]])
SIZES = tf.constant([[128.0, 128.0]])


def test_detections_take_mean_logits_and_boxes_of_the_last_stage(cascade):
  rois, logits, codes = ROIS, [], None
  for stage in range(3):
    if stage:
      rois = cascade.refine(rois, codes, SIZES, stage - 1)
    scores, codes = cascade.run_box_head(PYRAMID, rois, stage, training=False)
    logits.append(scores.numpy())
  outputs = cascade.detect(PYRAMID, ROIS, SIZES)
  np.testing.assert_allclose(
    outputs['cls_outputs'], np.mean(logits, axis=0), atol=1e-5
  )
  np.testing.assert_allclose(outputs['box_outputs'], codes, atol=1e-5)
  last = box_coding.decode(codes, rois, box_coding.STAGE_WEIGHTS[2])
  last = box_coding.clip(last, SIZES).numpy()[0]
  for box in outputs['detection_boxes'][0]:
    assert np.abs(last - box).max(-1).min() < 1e-3 or not np.any(box)


def test_a_wrong_number_of_box_heads_is_refused():
  options = SecondStageOptions(sampling={}, detection={}, cascade_ious=(0.7,))
  with pytest.raises(ValueError, match='needs 2 box heads, got 0'):
    SecondStage([], None, options)


def test_no_stage_is_trained_on_regions_in_a_crowd(cascade):
  ignored = Regions(tf.constant([[[0.0, 0, 128, 64]]]), tf.constant([[True]]))
  truth = GroundTruth(
    tf.constant([[[4.0, 4, 40, 50], [-1, -1, -1, -1]]]),
    tf.constant([[3, -1]]),
    tf.ones([1, 2, 112, 112]),
    ignored,
  )
  rois = tf.random.stateless_uniform([1, 40, 2], [1, 2], 0, 100)
  rois = tf.concat([rois, rois + 24], axis=-1)
  targets = roi_sampling.match(rois, truth, foreground_iou=0.5)
  outputs = cascade.training_outputs(PYRAMID, targets, truth, SIZES)
  for suffix in ('', '_1', '_2'):
    logits, classes = (
      outputs[f'class_{x}{suffix}'].numpy()[0] for x in ('outputs', 'targets')
    )
    settled = np.abs(logits).min(axis=-1) == 1e4
    assert settled.any() and not settled.all()
    assert classes.min() == 0 and not classes[settled].any()
  assert outputs['mask_class_targets'].numpy().min() == 0
