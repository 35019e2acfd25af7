"""A Mask R-CNN of a few channels, for tests of the modeling room."""

from golden import config

SIDE = 128


def small(name, backbone):
  """Returns a published configuration with few channels and regions."""
  found = config(name, SIDE)
  if 'eff' in name:
    found.backbone.efficientnet.model_id = backbone
  else:
    found.backbone.resnet.model_id = backbone
    found.backbone.resnet.depth_multiplier = 0.25
  for part in (found.decoder.fpn, found.decoder.nasfpn, found.rpn_head):
    part.num_filters = 8
  found.decoder.nasfpn.num_repeats = 2
  found.detection_head.num_filters = found.detection_head.fc_dims = 8
  found.mask_head.num_filters = 8
  generator = found.roi_generator
  generator.num_proposals = generator.test_num_proposals = 40
  found.roi_sampler.num_sampled_rois = 16
  found.mask_sampler.num_sampled_masks = 4
  found.detection_generator.max_num_detections = 10
  found.detection_generator.pre_nms_score_threshold = 0.0
  return found


MODELS = {
  'maskrcnn_resnet50': 50,
  'maskrcnn_resnet101': 101,
  'maskrcnn_effb7': 'b0',
  'cascade_maskrcnn_effb7': 'b0',
  'cascade_maskrcnn_effb7_nasfpn': 'b0',
}
