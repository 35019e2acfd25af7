"""The config of the segmentation task."""

import dataclasses
from collections.abc import Sequence

from official.modeling import hyperparams
from official.vision.configs import backbones, common, decoders

from copypaste_tf.tasks.config import BaseConfig, configurable


@dataclasses.dataclass
class SegmentationModel(hyperparams.Config):
  """Sets backbone, pyramid and head; `model_config` makes it.

  Attributes:
    num_classes: number of classes with the background, 0.
    input_size: height, width and channels of the input.
    min_level: finest pyramid level.
    max_level: coarsest pyramid level.
    backbone: Model Garden's config.
    decoder: Model Garden's config of the pyramid.
    head_convs: number of 3x3 convolutions of the head.
    head_filters: channels of each; 0 takes the width of the pyramid.
    norm_activation: batch normalisation of a ResNet, the pyramid and the head.
  """

  num_classes: int = 21
  input_size: Sequence[int] = (512, 512, 3)
  min_level: int = 2
  max_level: int = 6
  backbone: backbones.Backbone = dataclasses.field(
    default_factory=backbones.Backbone
  )
  decoder: decoders.Decoder = dataclasses.field(
    default_factory=decoders.Decoder
  )
  head_convs: int = 3
  head_filters: int = 256
  norm_activation: common.NormActivation = dataclasses.field(
    default_factory=common.NormActivation
  )


@configurable
@dataclasses.dataclass
class SegmentationConfig(BaseConfig):
  """Adds the model and the scales of the evaluation to the common fields.

  Attributes:
    model: backbone, pyramid and head.
    train_data: see `BaseConfig`; its `class_maps` says what is learnt.
    validation_data: see `BaseConfig`; its `class_maps` is the ground truth.
    divergence: see `BaseConfig`.
    micro_batches: see `BaseConfig`.
    annotation_file: not read.
    per_category_metrics: report the IoU of every class.
    init_checkpoint: see `BaseConfig`; may be that of a detector, from which
      `init_checkpoint_modules` takes `backbone`, or `backbone` and `decoder`.
    init_checkpoint_modules: see `BaseConfig`.
    panels_every: see `BaseConfig`.
    frozen: see `BaseConfig`.
    weight_decay: coefficient of half the squared L2 norm of the kernels;
      `schedule` sets it.
    class_weight_power: power p of the weight `n^-p` of a pixel in the loss, in
      [0, 1], where n is the number of labelled cells of its class in the batch
      of a replica. 0 weighs all pixels alike, as published; 1 all classes that
      occur in the batch.
    eval_scales: scales of the canvas over which class probabilities are
      averaged in a second evaluation, `miou_multi`; empty leaves it out.
    eval_flip: also average over mirrored images in it.
  """

  model: SegmentationModel = dataclasses.field(
    default_factory=SegmentationModel
  )
  weight_decay: float = 0.0
  class_weight_power: float = 0.0
  eval_scales: Sequence[float] = ()
  eval_flip: bool = False
