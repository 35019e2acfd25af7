import pytest

from copypaste_tf.tasks.segmentation import model_config
from copypaste_tf.training.config import gin_config


def test_the_defaults_are_those_of_voc_and_of_the_published_norm():
  model = model_config.segmentation_model(pyramid='nasfpn', levels=(3, 7))
  assert (model.num_classes, model.input_size) == (21, [512, 512, 3])
  assert (model.min_level, model.max_level) == (3, 7)
  assert model.decoder.type == 'nasfpn'
  norm = model.norm_activation
  assert (norm.norm_momentum, norm.norm_epsilon) == (0.997, 1e-3)


def test_an_unknown_backbone_names_the_binding():
  with pytest.raises(ValueError, match=r'segmentation_model\.backbone must be'):
    gin_config.load(
      ['shapes_seg_cpu'], ["segmentation_model.backbone = 'vgg16'"]
    )
