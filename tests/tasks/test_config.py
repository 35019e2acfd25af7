"""The common config: values that a recipe sets, and defaults."""

from copypaste_tf.tasks.config import BaseConfig, Divergence
from copypaste_tf.tasks.detection.config import TaskConfig
from copypaste_tf.training.config import gin_config


def test_a_recipe_sets_divergence():
  lines = ['Divergence.max_recoveries = 7', 'Divergence.explosion_factor = 2.5']
  task = gin_config.load(['smoke'], lines).params.task
  assert task.divergence.as_dict() == {
    'max_recoveries': 7,
    'explosion_factor': 2.5,
  }


def test_by_default_a_run_recovers_three_times():
  assert Divergence().max_recoveries == 3


def test_detection_adds_its_own_fields_to_the_common_ones():
  added = TaskConfig().as_dict().keys() - BaseConfig().as_dict().keys()
  assert added == {
    'losses',
    'loss_normalization',
    'anchor_targets',
    'mask_crop_size',
    'allowed_mask_class_ids',
    'evaluation',
    'iou_types',
    'sample_padding',
    'class_balance',
  }
