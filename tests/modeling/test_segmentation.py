"""The segmentation model: shapes, parts, and weights of a detector."""

import numpy as np
import pytest
import tensorflow as tf
from small_detector import small

from copypaste_tf.modeling import build, parts
from copypaste_tf.modeling.segmentation import segmentation
from copypaste_tf.tasks.segmentation.model_config import segmentation_model
from copypaste_tf.training.checkpoints import initial


def config_like(detector):
  """Returns the config with the backbone and the pyramid of a detector."""
  config = segmentation_model(
    levels=(detector.min_level, detector.max_level), head_filters=8
  )
  config.backbone, config.decoder = detector.backbone, detector.decoder
  config.norm_activation = detector.norm_activation
  return config


@pytest.mark.parametrize(
  ('name', 'size'),
  [
    ('maskrcnn_resnet50', 50),
    pytest.param(
      *('cascade_maskrcnn_effb7_nasfpn', 'b0'), marks=pytest.mark.thorough
    ),
  ],
)
def test_backbone_and_pyramid_start_from_a_detector(name, size, tmp_path):
  detector = build.mask_rcnn(small(name, size))
  model = segmentation(config_like(small(name, size)))
  scores = model(tf.zeros([1, 128, 256, 3]))['scores']
  assert scores.shape == [1, 32, 64, 21] and scores.dtype == tf.float32
  names = [v.name for part in parts.PARTS for v in parts.variables(model, part)]
  assert sorted(names) == sorted(v.name for v in model.variables)

  checkpoint = tf.train.Checkpoint(model=detector, **detector.checkpoint_items)
  path = checkpoint.write(str(tmp_path / 'detector'))
  initial.initialize(model, path, ['backbone', 'decoder'])
  for part in ('backbone', 'decoder'):
    for mine, theirs in zip(
      parts.variables(model, part), parts.variables(detector, part), strict=True
    ):
      np.testing.assert_array_equal(mine, theirs)
  with pytest.raises(ValueError, match='does not fit the model'):
    initial.initialize(model, path, 'all')


def test_the_backbone_alone_starts_from_a_classifier(tmp_path):
  # import_checkpoint --modules=backbone saves the backbone alone.
  config = config_like(small('maskrcnn_resnet50', 50))
  other, model = segmentation(config), segmentation(config)
  path = tf.train.Checkpoint(backbone=other.backbone).write(
    str(tmp_path / 'backbone')
  )
  begun = initial.initialize(model, path, 'backbone')
  assert [*begun.taken] == ['backbone']
  for mine, theirs in zip(
    model.backbone.variables, other.backbone.variables, strict=True
  ):
    np.testing.assert_array_equal(mine, theirs)
