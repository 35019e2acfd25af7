"""The model of semantic segmentation: backbone, pyramid and head."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling import build
from copypaste_tf.modeling.segmentation_head import SegmentationHead


class Segmentation(tf_keras.Model):
  """Scores the classes of each cell of stride 4.

  Backbone and pyramid are those of the detector, and have the same places in a
  checkpoint.

  Args:
    backbone: maps `[b, h, w, 3]` images to `{level: features}`.
    decoder: maps the features of the backbone to those of the pyramid.
    head: maps those of the pyramid to scores.
  """

  def __init__(
    self,
    backbone: tf_keras.layers.Layer,
    decoder: tf_keras.layers.Layer,
    head: SegmentationHead,
  ):
    super().__init__(name='segmentation')
    self.backbone = backbone
    self.decoder = decoder
    self.head = head

  @property
  def checkpoint_items(self) -> dict[str, tf.Module]:
    """Parts that a checkpoint also stores under separate names."""
    return {'backbone': self.backbone, 'decoder': self.decoder}

  def parts(self) -> dict[str, Sequence[tf_keras.layers.Layer]]:
    """Returns the layers of each part, with those of the classifier."""
    return {
      'backbone': [self.backbone],
      'decoder': [self.decoder],
      'segmentation_head': [self.head],
    }

  def classifier(self) -> dict[str, list[tf_keras.layers.Layer]]:
    """Returns the layers that depend on the number of classes, by part."""
    return self.head.classifier()

  def call(
    self, images: tf.Tensor, training: bool | None = None
  ) -> dict[str, tf.Tensor]:
    """Runs the model.

    Args:
      images: `[b, h, w, 3]` float32 or bfloat16 RGB, normalised by the mean
        and standard deviation of ImageNet; 0 in the padding.
      training: normalise by the statistics of the batch.

    Returns:
      `scores`: `[b, h / 4, w / 4, k]` float32 logits.
    """
    features = self.backbone(images, training=training)
    pyramid = self.decoder(features, training=training)
    return {'scores': self.head(pyramid, training=training)}


def segmentation(config: Any) -> Segmentation:
  """Builds a model and creates all its variables.

  Args:
    config: a model config with `backbone`, `decoder`, `min_level`, `max_level`
      and `norm_activation` as `build.mask_rcnn` reads them, `num_classes`,
      `head_convs` and `head_filters`.

  Raises:
    ValueError: there is no such backbone or pyramid.
  """
  norm = build.norm_of(config)
  model = Segmentation(
    build.backbone(config, norm),
    build.decoder(config, norm),
    SegmentationHead(
      norm,
      num_classes=config.num_classes,
      num_convs=config.head_convs,
      filters=config.head_filters,
    ),
  )
  side = 2**config.max_level
  model(tf.zeros([1, side, side, 3]), training=False)
  return model
