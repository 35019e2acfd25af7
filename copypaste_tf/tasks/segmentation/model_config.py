"""The gin configurable `segmentation_model`."""

from collections.abc import Mapping, Sequence
from typing import Any

import gin
from official.vision.configs import common, decoders

from copypaste_tf.config.overrides import apply, from_mapping
from copypaste_tf.tasks import backbones
from copypaste_tf.tasks.segmentation.config import SegmentationModel


@gin.configurable
def segmentation_model(
  *,
  num_classes: int = 21,
  image_size: Sequence[int] = (512, 512),
  backbone: str = 'resnet50',
  pyramid: str = 'fpn',
  levels: Sequence[int] = (2, 6),
  head_convs: int = 3,
  head_filters: int = 256,
  overrides: Mapping[str, Any] | None = None,
) -> SegmentationModel:
  """Returns the config of a model with the published head.

  Args:
    num_classes: largest category id plus one; 0 is the background.
    image_size: height and width of the input in pixels.
    backbone: `resnet10` to `resnet200`, `efficientnet-b0` to `efficientnet-b7`.
    pyramid: `fpn`, or `nasfpn` for levels 3 to 7.
    levels: finest and coarsest pyramid level.
    head_convs: number of 3x3 convolutions of the head.
    head_filters: channels of each; 0 takes the width of the pyramid.
    overrides: any other field of `SegmentationModel`, as nested dicts.

  Returns:
    The config. Batch normalisation is that of the published recipe (Zoph et al.
    2020): momentum 0.997, epsilon 0.001.
  """
  config = SegmentationModel(
    num_classes=num_classes,
    input_size=[*image_size, 3],
    min_level=levels[0],
    max_level=levels[1],
    backbone=backbones.backbone(backbone, model='segmentation_model'),
    decoder=decoders.Decoder(
      type=pyramid, fpn=decoders.FPN(), nasfpn=decoders.NASFPN()
    ),
    head_convs=head_convs,
    head_filters=head_filters,
    norm_activation=common.NormActivation(
      norm_momentum=0.997, norm_epsilon=1e-3, use_sync_bn=True
    ),
  )
  apply(config, from_mapping(overrides or {}, 'segmentation_model.overrides'))
  return config
