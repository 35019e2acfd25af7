from copypaste_tf.tasks.segmentation.config import SegmentationConfig

FIELDS = {
  *('allow_image_summary', 'annotation_file', 'class_weight_power'),
  'differential_privacy_config',
  *('divergence', 'eval_flip', 'eval_scales', 'frozen', 'init_checkpoint'),
  *('init_checkpoint_modules', 'micro_batches', 'model', 'name'),
  *('panels_every', 'per_category_metrics', 'train_data', 'validation_data'),
  'weight_decay',
}


def test_the_record_has_the_fields_of_the_task():
  assert SegmentationConfig().as_dict().keys() == FIELDS
