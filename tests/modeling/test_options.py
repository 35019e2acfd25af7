"""Options of the model come from the fields of the config that name them."""

import inspect

import pytest
from small_detector import small

from copypaste_tf.modeling import options
from copypaste_tf.modeling.regions import detections, roi_sampling
from copypaste_tf.modeling.rpn import anchors, proposals


@pytest.fixture
def config():
  return small('cascade_maskrcnn_effb7', 'b0')


def keywords(function):
  parameters = inspect.signature(function).parameters.values()
  return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}


def test_options_are_the_keywords_of_the_functions_that_take_them(config):
  proposing = options.proposal_options(config)
  assert proposing.anchors.keys() == keywords(anchors.pyramid_anchors)
  assert proposing.training.keys() == keywords(proposals.propose)
  assert proposing.inference.keys() == keywords(proposals.propose)
  second = options.second_stage_options(config)
  assert second.sampling.keys() == keywords(roi_sampling.sample)
  assert second.detection.keys() == keywords(detections.detect)


def test_training_and_inference_have_their_own_numbers(config):
  config.roi_generator.num_proposals = 17
  config.roi_generator.test_num_proposals = 19
  proposing = options.proposal_options(config)
  assert proposing.training['num_proposals'] == 17
  assert proposing.inference['num_proposals'] == 19


def test_the_mask_head_gets_no_more_regions_than_are_sampled(config):
  config.mask_sampler.num_sampled_masks = 99
  second = options.second_stage_options(config)
  assert second.masks_per_image == config.roi_sampler.num_sampled_rois == 16
  assert second.cascade_ious == tuple(config.roi_sampler.cascade_iou_thresholds)


def test_without_masks_their_options_are_not_read(config):
  config.include_mask = False
  config.mask_roi_aligner = config.mask_sampler = None
  assert options.second_stage_options(config).box_size == 7
