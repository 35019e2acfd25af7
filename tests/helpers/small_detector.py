"""A Mask R-CNN of a few channels, for tests of the modeling room."""

from golden import config

SIDE = 128


def small(name, backbone):
  """Returns a published configuration with few channels and regions."""
  model_config = config(name, SIDE)
  if 'eff' in name:
    model_config.backbone.efficientnet.model_id = backbone
  else:
    model_config.backbone.resnet.model_id = backbone
    model_config.backbone.resnet.depth_multiplier = 0.25
  for part in (
    model_config.decoder.fpn,
    model_config.decoder.nasfpn,
    model_config.rpn_head,
  ):
    part.num_filters = 8
  model_config.decoder.nasfpn.num_repeats = 2
  model_config.detection_head.num_filters = (
    model_config.detection_head.fc_dims
  ) = 8
  model_config.mask_head.num_filters = 8
  generator = model_config.roi_generator
  generator.num_proposals = generator.test_num_proposals = 40
  model_config.roi_sampler.num_sampled_rois = 16
  model_config.mask_sampler.num_sampled_masks = 4
  model_config.detection_generator.max_num_detections = 10
  model_config.detection_generator.pre_nms_score_threshold = 0.0
  return model_config


MODELS = {
  'maskrcnn_resnet50': 26,  # The same blocks, fewer of them.
  'maskrcnn_resnet101': 101,
  'maskrcnn_effb7': 'b0',
  'cascade_maskrcnn_effb7': 'b0',
  'cascade_maskrcnn_effb7_nasfpn': 'b0',
}
