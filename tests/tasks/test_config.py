"""The common config: values that a recipe sets, and defaults."""

from copypaste_tf.inputs import composing, record_sets
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


def test_what_records_tell_can_be_left_out():
  lines = [
    'CopyPaste.class_weight_power = 1.0',
    'TrainData.repeat_threshold = 0.1',
    'TrainData.source_input_path = "none"',
    'TrainData.source_repeat_threshold = 0.2',
  ]
  task = gin_config.load(['smoke'], lines).params.task
  before = task.as_dict()
  data = task.without_records().train_data
  assert set(composing.composition(data).class_weights) == {1}
  assert not any(one.repeat_threshold for one in record_sets.resolve(data))
  assert task.as_dict() == before, 'a training reads its records'


def test_a_set_is_not_repeated_without_its_records():
  lines = [
    'TrainData.input_path = ""',
    'TrainData.sets = [@RecordSet()]',
    'RecordSet.path = "none"',
    'RecordSet.repeat_threshold = 0.1',
  ]
  task = gin_config.load(['smoke'], lines).params.task
  (one,) = task.without_records().train_data.sets
  assert not one.repeat_threshold and one.path == 'none'
