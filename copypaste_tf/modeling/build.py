"""Builds the model that a config of Model Garden describes."""

import tensorflow as tf
import tf_keras
from official.vision.configs import maskrcnn

from copypaste_tf.modeling import options
from copypaste_tf.modeling.backbones.efficientnet import EfficientNet
from copypaste_tf.modeling.backbones.resnet import ResNet
from copypaste_tf.modeling.box_coding import STAGE_WEIGHTS
from copypaste_tf.modeling.layers.normalization import Norm
from copypaste_tf.modeling.mask_rcnn import MaskRCNN
from copypaste_tf.modeling.pyramids.fpn import FPN
from copypaste_tf.modeling.pyramids.nasfpn import NASFPN
from copypaste_tf.modeling.regions.box_head import BoxHead
from copypaste_tf.modeling.regions.mask_head import MaskHead
from copypaste_tf.modeling.regions.second_stage import SecondStage
from copypaste_tf.modeling.rpn.rpn_head import RPNHead


def mask_rcnn(
  config: maskrcnn.MaskRCNN, *, sample_padding: bool = True
) -> MaskRCNN:
  """Builds a model and creates all its variables.

  Args:
    config: model config of Model Garden; `backbone.type` is `resnet` or
      `efficientnet`, `decoder.type` is `fpn` or `nasfpn`.
    sample_padding: see `roi_sampling.sample`.

  Raises:
    ValueError: the config asks for a backbone, a pyramid or a cascade that
      does not exist here.
  """
  norm = norm_of(config)
  model = MaskRCNN(
    backbone(config, norm),
    decoder(config, norm),
    _rpn_head(config, norm),
    SecondStage(
      _box_heads(config, norm),
      _mask_head(config, norm),
      options.second_stage_options(config, sample_padding=sample_padding),
    ),
    options.proposal_options(config),
  )
  _create_variables(model, config)
  return model


def decay_weights(model: tf_keras.Model, rate: float) -> None:
  """Adds L2 weight decay to the losses of a model.

  The loss is `rate` times half the sum of the squared kernels, a float32
  scalar. Biases and the variables of batch normalisation do not decay.

  Args:
    model: a model with all its variables.
    rate: factor of the loss, at least 0.
  """

  def penalty() -> tf.Tensor:
    kernels = [
      v for v in model.trainable_variables if 'kernel' in v.name.split('/')[-1]
    ]
    return rate * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])

  model.add_loss(penalty)


def norm_of(config: maskrcnn.MaskRCNN) -> Norm:
  """Returns the batch normalisation of the detector and of a ResNet."""
  norm = config.norm_activation
  # A single replica has no other to synchronise with, and the fused kernel,
  # which does not synchronise, is faster.
  replicas = tf.distribute.get_strategy().num_replicas_in_sync
  return Norm(
    norm.norm_momentum,
    norm.norm_epsilon,
    norm.use_sync_bn and replicas > 1,
  )


def backbone(config: maskrcnn.MaskRCNN, norm: Norm) -> tf_keras.layers.Layer:
  """Makes the backbone of a config, without variables.

  Args:
    config: model config; only its `backbone` is read.
    norm: batch normalisation of a ResNet. EfficientNet takes only
      `synchronized` from it; its momentum and epsilon are its own.

  Raises:
    ValueError: `backbone.type` is unknown.
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
  """Makes the feature pyramid of a config, without variables.

  Args:
    config: model config; only its `decoder`, `min_level` and `max_level` are
      read.
    norm: batch normalisation of all layers.

  Raises:
    ValueError: `decoder.type` is unknown, or it does not have these levels.
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
      norm,
      filters=settings.num_filters,
      repeats=settings.num_repeats,
      separable=settings.use_separable_conv,
    )
  raise ValueError(
    "model.decoder.type must be 'fpn', or 'nasfpn' with levels 3 to 7, got "
    f'{kind!r} with levels {levels[0]} to {levels[1]}.'
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
  # One small image and one region are enough: the shapes of the variables do
  # not depend on the size of the image or the number of regions.
  side = 2**config.max_level
  features = model.backbone(tf.zeros([1, side, side, 3]), training=False)
  pyramid = model.decoder(features, training=False)
  model.rpn_head(pyramid, training=False)
  region, regions = tf.zeros([1, 1, 4]), model.regions
  for stage in range(len(regions.box_heads)):
    regions.run_box_head(pyramid, region, stage, training=False)
  if regions.mask_head is not None:
    classes = tf.zeros([1, 1], tf.int32)
    regions.predict_mask_logits(pyramid, region, classes, training=False)
  regions.built = True
  model.built = True
