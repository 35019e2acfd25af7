"""The config of the detection task."""

import dataclasses
from collections.abc import Sequence
from typing import Self

from official.modeling import hyperparams
from official.vision.configs import maskrcnn

from copypaste_tf.tasks.config import BaseConfig, configurable


@configurable
@dataclasses.dataclass
class AnchorTargets(hyperparams.Config):
  """Sets which anchors are positive or negative, and how many are sampled.

  Attributes:
    match_threshold: lowest IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in [0, 1].
    batch_size_per_image: anchors sampled from each image.
    foreground_fraction: largest share of positive anchors among them, in
      [0, 1].
  """

  match_threshold: float = 0.7
  unmatched_threshold: float = 0.3
  batch_size_per_image: int = 256
  foreground_fraction: float = 0.5


@configurable
@dataclasses.dataclass
class ClassBalance(hyperparams.Config):
  """Weighs the classes by their numbers of objects; see `class_balance`.

  Attributes:
    beta: in [0, 1); the nearer to 1, the more rare classes weigh.
    low: smallest weight of a class.
    high: largest weight of a class.
    background: weight of the background.
    counts: training records, or their manifests, whose objects are counted;
      empty means those of `train_data`.
  """

  beta: float = 0.999
  low: float = 0.01
  high: float = 5.0
  background: float = 1.0
  counts: str = ''


@configurable
@dataclasses.dataclass
class TaskConfig(BaseConfig):
  """Adds the model, its losses and its targets to the common fields.

  Attributes:
    model: Model Garden's Mask R-CNN config.
    train_data: see `BaseConfig`.
    validation_data: see `BaseConfig`.
    losses: Model Garden's loss weights. A loss of weight 0 is not computed.
    class_balance: weights of the classes in the class loss; None weighs all
      alike.
    anchor_targets: how anchors are labelled.
    divergence: see `BaseConfig`.
    micro_batches: see `BaseConfig`.
    annotation_file: COCO JSON; see `BaseConfig`.
    per_category_metrics: see `BaseConfig`.
    init_checkpoint: see `BaseConfig`.
    init_checkpoint_modules: see `BaseConfig`.
    mask_crop_size: number of bins along each side of a box, from which the mask
      targets are sampled.
    panels_every: see `BaseConfig`.
    frozen: see `BaseConfig`.
    sample_padding: empty rows of the ground truth take part in the sampling of
      regions, as background, as published.
    evaluation: protocol of the evaluation, one of
      `evaluation.protocols.NAMES`.
    iou_types: what is measured, out of `bbox`, `segm` and `boundary`; empty
      means boxes, and masks if the model has them.
    allowed_mask_class_ids: category ids on which the mask head is trained; None
      means all.
    loss_normalization: momentum, in [0, 1), of running means of the loss of
      each record set. The losses of each set are scaled to the mean of the
      first one's, before `RecordSet.loss_weight` (Zoph et al. 2020); 0 is off.
  """

  model: maskrcnn.MaskRCNN = dataclasses.field(
    default_factory=maskrcnn.MaskRCNN
  )
  losses: maskrcnn.Losses = dataclasses.field(default_factory=maskrcnn.Losses)
  class_balance: ClassBalance | None = None
  anchor_targets: AnchorTargets = dataclasses.field(
    default_factory=AnchorTargets
  )
  mask_crop_size: int = 112
  sample_padding: bool = True
  evaluation: str = 'coco'
  iou_types: Sequence[str] = ()
  allowed_mask_class_ids: Sequence[int] | None = None
  loss_normalization: float = 0.0

  def without_records(self) -> Self:
    """Returns the config without `class_balance`; see `BaseConfig`."""
    config = super().without_records()
    if config.class_balance is not None:
      config.class_balance = None
      config.losses.class_weights = [1.0] * config.model.num_classes
    return config
