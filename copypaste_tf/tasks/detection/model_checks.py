"""Checks the config of the model for impossible and for unused values."""

from collections.abc import Iterator

from official.vision.configs import maskrcnn

from copypaste_tf.config.config_types import Problem, Range
from copypaste_tf.tasks import model_problems
from copypaste_tf.tasks.detection import losses
from copypaste_tf.tasks.detection.config import TaskConfig

# Fields of Model Garden's config that our detectors read.
READ = (
  *model_problems.READ,
  'include_mask',
  'anchor.',
  'rpn_head.num_convs',
  'rpn_head.num_filters',
  'detection_head.num_convs',
  'detection_head.num_filters',
  'detection_head.num_fcs',
  'detection_head.fc_dims',
  'detection_head.class_agnostic_bbox_pred',
  'detection_head.cascade_class_ensemble',
  'roi_generator.pre_nms_top_k',
  'roi_generator.nms_iou_threshold',
  'roi_generator.num_proposals',
  'roi_generator.test_pre_nms_top_k',
  'roi_generator.test_nms_iou_threshold',
  'roi_generator.test_num_proposals',
  'roi_sampler.num_sampled_rois',
  'roi_sampler.foreground_fraction',
  'roi_sampler.foreground_iou_threshold',
  'roi_sampler.background_iou_high_threshold',
  'roi_sampler.cascade_iou_thresholds',
  'roi_aligner.crop_size',
  'detection_generator.pre_nms_top_k',
  'detection_generator.pre_nms_score_threshold',
  'detection_generator.nms_iou_threshold',
  'detection_generator.max_num_detections',
  'mask_head.num_convs',
  'mask_head.num_filters',
  'mask_sampler.num_sampled_masks',
  'mask_roi_aligner.crop_size',
)
_MODEL, _RPN = 'task.model.', 'task.anchor_targets.'
_BALANCE = 'task.class_balance.'
RANGES = {
  _RPN + 'match_threshold': Range(0, 1),
  _RPN + 'unmatched_threshold': Range(0, 1),
  _RPN + 'foreground_fraction': Range(0, 1),
  _RPN + 'batch_size_per_image': Range(1),
  'task.mask_crop_size': Range(1),
  'task.loss_normalization': Range(0, 1),
  'task.losses.l2_weight_decay': Range(0),
  'task.losses.rpn_score_weight': Range(0),
  'task.losses.rpn_box_weight': Range(0),
  'task.losses.frcnn_class_weight': Range(0),
  'task.losses.frcnn_box_weight': Range(0),
  'task.losses.mask_weight': Range(0),
  _BALANCE + 'beta': Range(0, 1),
  _BALANCE + 'low': Range(0),
  _BALANCE + 'background': Range(0),
  _MODEL + 'num_classes': Range(2),
  _MODEL + 'min_level': Range(2),
  _MODEL + 'backbone.resnet.depth_multiplier': Range(0.0),
  _MODEL + 'norm_activation.norm_momentum': Range(0, 1),
  _MODEL + 'detection_generator.nms_iou_threshold': Range(0, 1),
  _MODEL + 'detection_generator.pre_nms_score_threshold': Range(0, 1),
  _MODEL + 'detection_generator.max_num_detections': Range(1),
}


def problems(task: TaskConfig) -> list[Problem]:
  """Lists problems of the model, its anchors and its initial weights."""
  return [
    *model_problems.sizes(task.model),
    *_anchors(task),
    *model_problems.unread(task.model, maskrcnn.MaskRCNN(), READ),
    *model_problems.unknown_parts(task),
    *_losses(task),
    *_balance(task),
  ]


def _anchors(task) -> Iterator[Problem]:
  anchors = task.anchor_targets
  if anchors.unmatched_threshold > anchors.match_threshold:
    yield Problem(
      'task.anchor_targets.unmatched_threshold',
      f'expected at most match_threshold {anchors.match_threshold}, got '
      f'{anchors.unmatched_threshold}',
    )


def _losses(task) -> Iterator[Problem]:
  if not losses.weights(task):
    yield Problem(
      'task.losses', 'all losses have the weight 0; nothing would be learnt'
    )


def _balance(task) -> Iterator[Problem]:
  """Finds weights of classes that contradict one another or have no counts."""
  balance = task.class_balance
  if balance is None:
    return
  if balance.beta == 1:
    yield Problem(_BALANCE + 'beta', 'expected a value below 1, got 1')
  if balance.low > balance.high:
    yield Problem(
      _BALANCE + 'high',
      f'expected at least low = {balance.low}, got {balance.high}',
    )
  if task.losses.class_weights:
    yield Problem(
      'task.losses.class_weights',
      'is not read with TaskConfig.class_balance; set one of the two',
    )
