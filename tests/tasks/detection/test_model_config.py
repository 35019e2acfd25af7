"""The model of an experiment: the published one; unknown ones refused."""

import pytest

from copypaste_tf.tasks.detection import model_config


def test_the_model_is_the_published_one():
  model = model_config.model()
  assert model.rpn_head.num_convs == 2
  assert model.detection_head.num_convs == 4
  assert model.detection_head.num_fcs == 2
  assert model.anchor.aspect_ratios == [1.0, 2.0, 0.5]
  assert model.anchor.anchor_size == 8.0
  assert (model.min_level, model.max_level) == (2, 6)
  assert model.detection_generator.pre_nms_top_k == 1000
  assert model.detection_generator.pre_nms_score_threshold == 0.05
  assert model.detection_generator.max_num_detections == 100


def test_a_recipe_sets_the_number_and_the_minimum_score_of_detections():
  model = model_config.model(max_detections=300, score_threshold=0.0)
  assert model.detection_generator.pre_nms_score_threshold == 0
  assert model.detection_generator.max_num_detections == 300


@pytest.mark.parametrize('name', ['resnet', 'resnet-50', 'efficientnet', 'vit'])
def test_an_unknown_backbone_is_refused(name):
  with pytest.raises(ValueError, match=f"such as 'resnet50' .*'{name}'"):
    model_config.model(backbone=name)
