"""Models of Model Garden's config tree."""

import tensorflow as tf
import tf_keras
from official.vision.configs import maskrcnn

from copypaste_tf.modeling.backbones.efficientnet import EfficientNet
from copypaste_tf.modeling.backbones.resnet import ResNet
from copypaste_tf.modeling.box_coding import STAGE_WEIGHTS
from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.mask_rcnn import MaskRCNN, ProposalOptions
from copypaste_tf.modeling.pyramids.fpn import FPN
from copypaste_tf.modeling.pyramids.nasfpn import NASFPN
from copypaste_tf.modeling.regions.box_head import BoxHead
from copypaste_tf.modeling.regions.mask_head import MaskHead
from copypaste_tf.modeling.regions.regions import RegionOptions, Regions
from copypaste_tf.modeling.rpn.rpn_head import RPNHead


def mask_rcnn(config: maskrcnn.MaskRCNN) -> MaskRCNN:
  """Builds the model with all its variables.

  Args:
    config: Model Garden's, with `backbone.type` in `resnet`, `efficientnet`
      and `decoder.type` in `fpn`, `nasfpn`.

  Raises:
    ValueError: the config asks for what the model does not have.
  """
  norm = norm_of(config)
  model = MaskRCNN(
    backbone(config, norm),
    decoder(config, norm),
    _rpn_head(config, norm),
    Regions(
      _box_heads(config, norm), _mask_head(config, norm), region_options(config)
    ),
    proposal_options(config),
  )
  _create_variables(model, config)
  return model


def decay_weights(model: tf_keras.Model, rate: float) -> None:
  """Adds half the sum of the squared kernels, times `rate`, to the losses.

  Biases and normalisations do not decay.
  """

  def penalty() -> tf.Tensor:
    kernels = [
      v for v in model.trainable_variables if 'kernel' in v.name.split('/')[-1]
    ]
    return rate * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])

  model.add_loss(penalty)


def norm_of(config: maskrcnn.MaskRCNN) -> Norm:
  """Returns the normalisation of the detector and of a ResNet."""
  norm = config.norm_activation
  # One replica has nothing to synchronise, and the fused kernel is faster.
  replicas = tf.distribute.get_strategy().num_replicas_in_sync
  return Norm(
    norm.norm_momentum,
    norm.norm_epsilon,
    norm.use_sync_bn and replicas > 1,
  )


def backbone(config: maskrcnn.MaskRCNN, norm: Norm) -> tf_keras.layers.Layer:
  """Returns the backbone, without variables yet.

  Args:
    config: its `backbone` counts.
    norm: of a ResNet; EfficientNet has its own, but for the synchronisation.

  Raises:
    ValueError: there is no such backbone.
  """
  kind, settings = config.backbone.type, config.backbone.get()
  if kind == 'resnet':
    return ResNet(
      settings.model_id, norm, width_multiplier=settings.depth_multiplier
    )
  if kind == 'efficientnet':
    return EfficientNet(
      settings.model_id,
      synchronized=norm.synchronized,
      se_ratio=settings.se_ratio,
      drop_connect_rate=settings.stochastic_depth_drop_rate,
    )
  raise ValueError(
    f"model.backbone.type must be 'resnet' or 'efficientnet', got {kind!r}."
  )


def decoder(config: maskrcnn.MaskRCNN, norm: Norm) -> tf_keras.layers.Layer:
  """Returns the feature pyramid, without variables yet.

  Args:
    config: its `decoder` and levels count.
    norm: of all its layers.

  Raises:
    ValueError: there is no such pyramid.
  """
  kind, settings = config.decoder.type, config.decoder.get()
  levels = (config.min_level, config.max_level)
  if kind == 'fpn':
    return FPN(
      norm,
      min_level=levels[0],
      max_level=levels[1],
      filters=settings.num_filters,
    )
  if kind == 'nasfpn' and levels == (3, 7):
    return NASFPN(
      norm, filters=settings.num_filters, repeats=settings.num_repeats
    )
  raise ValueError(
    "model.decoder.type must be 'fpn', or 'nasfpn' with levels 3 to 7, got "
    f'{kind!r} with levels {levels[0]} to {levels[1]}.'
  )


def proposal_options(config: maskrcnn.MaskRCNN) -> ProposalOptions:
  """Returns how proposals are chosen."""
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
    },
    training={
      'pre_nms_top_k': generator.pre_nms_top_k,
      'num_proposals': generator.num_proposals,
      'nms_iou_threshold': generator.nms_iou_threshold,
    },
  )


def region_options(config: maskrcnn.MaskRCNN) -> RegionOptions:
  """Returns what the second stage does between its layers."""
  sampler, detector = config.roi_sampler, config.detection_generator
  masks = {}
  if config.include_mask:
    masks = {
      'mask_size': config.mask_roi_aligner.crop_size,
      'masks_per_image': min(
        config.mask_sampler.num_sampled_masks, sampler.num_sampled_rois
      ),
    }
  return RegionOptions(
    sampling={
      'num_samples': sampler.num_sampled_rois,
      'foreground_fraction': sampler.foreground_fraction,
      'foreground_iou': sampler.foreground_iou_threshold,
      'background_iou': sampler.background_iou_high_threshold,
    },
    detecting={
      'pre_nms_top_k': detector.pre_nms_top_k,
      'nms_iou_threshold': detector.nms_iou_threshold,
      'score_threshold': detector.pre_nms_score_threshold,
      'limit': detector.max_num_detections,
    },
    cascade_ious=tuple(sampler.cascade_iou_thresholds or ()),
    class_ensemble=config.detection_head.cascade_class_ensemble,
    box_size=config.roi_aligner.crop_size,
    **masks,
  )


def _rpn_head(config, norm):
  return RPNHead(
    norm,
    levels=range(config.min_level, config.max_level + 1),
    anchors_per_location=(
      config.anchor.num_scales * len(config.anchor.aspect_ratios)
    ),
    num_convs=config.rpn_head.num_convs,
    filters=config.rpn_head.num_filters,
  )


def _box_heads(config, norm):
  head = config.detection_head
  stages = 1 + len(config.roi_sampler.cascade_iou_thresholds or ())
  if stages > 1 and not head.class_agnostic_bbox_pred:
    raise ValueError(
      'a cascade needs model.detection_head.class_agnostic_bbox_pred.'
    )
  if stages > len(STAGE_WEIGHTS):
    raise ValueError(
      f'a cascade has at most {len(STAGE_WEIGHTS)} stages, got {stages}.'
    )
  return [
    BoxHead(
      norm,
      stage=stage,
      num_classes=config.num_classes,
      class_agnostic=head.class_agnostic_bbox_pred,
      num_convs=head.num_convs,
      filters=head.num_filters,
      num_fcs=head.num_fcs,
      fc_dims=head.fc_dims,
    )
    for stage in range(stages)
  ]


def _mask_head(config, norm):
  if not config.include_mask:
    return None
  return MaskHead(
    norm,
    num_classes=config.num_classes,
    num_convs=config.mask_head.num_convs,
    filters=config.mask_head.num_filters,
  )


def _create_variables(model: MaskRCNN, config: maskrcnn.MaskRCNN) -> None:
  # The smallest image and a single region will do: no variable depends on
  # their sizes.
  side = 2**config.max_level
  features = model.backbone(tf.zeros([1, side, side, 3]), training=False)
  pyramid = model.decoder(features, training=False)
  model.rpn_head(pyramid, training=False)
  region, regions = tf.zeros([1, 1, 4]), model.regions
  for stage in range(len(regions.box_heads)):
    regions.classify(pyramid, region, stage, training=False)
  if regions.mask_head is not None:
    classes = tf.zeros([1, 1], tf.int32)
    regions.draw(pyramid, region, classes, training=False)
  regions.built = True
  model.built = True
