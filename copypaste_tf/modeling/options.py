"""Reads the options of the proposals and of the second stage from a config."""

import dataclasses
from collections.abc import Mapping

from official.vision.configs import maskrcnn


@dataclasses.dataclass(frozen=True)
class ProposalOptions:
  """Options of the anchors and of the choice of proposals.

  Attributes:
    anchors: keyword arguments of `anchors.pyramid_anchors`.
    inference: keyword arguments of `proposals.propose` at inference.
    training: keyword arguments of `proposals.propose` during training.
  """

  anchors: Mapping[str, object]
  inference: Mapping[str, float]
  training: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class SecondStageOptions:
  """Options of sampling, matching, features and detections.

  Attributes:
    sampling: keyword arguments of `roi_sampling.sample`.
    detection: keyword arguments of `detections.detect`.
    cascade_ious: smallest IoU of a foreground region in each stage after the
      first.
    class_ensemble: average the logits of all stages.
    box_size: side of the grid of features for the box heads.
    mask_size: side of the grid of features for the mask head.
    masks_per_image: number of regions of an image that train the mask head.
  """

  sampling: Mapping[str, float]
  detection: Mapping[str, float]
  cascade_ious: tuple[float, ...] = ()
  class_ensemble: bool = False
  box_size: int = 7
  mask_size: int = 14
  masks_per_image: int = 128


def proposal_options(config: maskrcnn.MaskRCNN) -> ProposalOptions:
  """Reads the options of anchors and proposals from a config."""
  generator = config.roi_generator
  return ProposalOptions(
    anchors={
      'min_level': config.min_level,
      'max_level': config.max_level,
      **config.anchor.as_dict(),
    },
    inference={
      'pre_nms_top_k': generator.test_pre_nms_top_k,
      'num_proposals': generator.test_num_proposals,
      'nms_iou_threshold': generator.test_nms_iou_threshold,
      # An exported model must run where XLA is not at hand.
      'jit_compile': False,
    },
    training={
      'pre_nms_top_k': generator.pre_nms_top_k,
      'num_proposals': generator.num_proposals,
      'nms_iou_threshold': generator.nms_iou_threshold,
      'jit_compile': True,
    },
  )


def second_stage_options(
  config: maskrcnn.MaskRCNN, *, sample_padding: bool = True
) -> SecondStageOptions:
  """Reads the options of the second stage from a config.

  Args:
    config: the config.
    sample_padding: see `roi_sampling.sample`; Model Garden has no field for it.
  """
  sampler, detector = config.roi_sampler, config.detection_generator
  mask_options = {}
  if config.include_mask:
    mask_options = {
      'mask_size': config.mask_roi_aligner.crop_size,
      'masks_per_image': min(
        config.mask_sampler.num_sampled_masks, sampler.num_sampled_rois
      ),
    }
  return SecondStageOptions(
    sampling={
      'num_samples': sampler.num_sampled_rois,
      'foreground_fraction': sampler.foreground_fraction,
      'foreground_iou': sampler.foreground_iou_threshold,
      'background_iou': sampler.background_iou_high_threshold,
      'sample_padding': sample_padding,
    },
    detection={
      'pre_nms_top_k': detector.pre_nms_top_k,
      'nms_iou_threshold': detector.nms_iou_threshold,
      'score_threshold': detector.pre_nms_score_threshold,
      'limit': detector.max_num_detections,
    },
    cascade_ious=tuple(sampler.cascade_iou_thresholds or ()),
    class_ensemble=config.detection_head.cascade_class_ensemble,
    box_size=config.roi_aligner.crop_size,
    **mask_options,
  )
