"""The config of detection keeps the fields that records of old runs have."""

import pytest

from copypaste_tf.tasks.detection.config import AnchorTargets, TaskConfig
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.config import gin_config

FIELDS = {
  *('allow_image_summary', 'allowed_mask_class_ids', 'anchor_targets'),
  *('annotation_file', 'class_balance', 'differential_privacy_config'),
  *('divergence', 'evaluation', 'frozen', 'iou_types'),
  *('init_checkpoint', 'init_checkpoint_modules', 'loss_normalization'),
  *('losses', 'mask_crop_size'),
  *('micro_batches', 'model', 'name', 'panels_every', 'per_category_metrics'),
  *('sample_padding', 'train_data', 'validation_data'),
}


def test_the_record_has_the_fields_of_the_task():
  assert TaskConfig().as_dict().keys() == FIELDS


def test_anchor_targets_are_those_of_faster_rcnn():
  assert AnchorTargets().as_dict() == {
    'match_threshold': 0.7,
    'unmatched_threshold': 0.3,
    'batch_size_per_image': 256,
    'foreground_fraction': 0.5,
  }


def test_weights_of_classes_can_be_left_out_with_their_records():
  lines = ['TrainData.input_path = "none"']
  config = gin_config.load(['shapes_lvis_cpu_balanced'], lines).params.task
  with pytest.raises(FileNotFoundError, match='none'):
    DetectionTask(config).derived()
  without = config.without_records()
  assert DetectionTask(without).derived() == {}
  assert without.losses.class_weights == [1] * config.model.num_classes
