"""A TF1 checkpoint of each published configuration can be imported."""

import golden
import numpy as np
import pytest
import tensorflow as tf
import verbs

from copypaste_tf.modeling import build
from copypaste_tf.modeling.checkpoints.published_names import published_names
from copypaste_tf.training.checkpoints.restore import restore
from copypaste_tf.training.config import gin_config

# Recipe: the variables of its published checkpoint.
PUBLISHED = {
  'coco_r50_lsj_copypaste': 'maskrcnn_resnet50_1024',
  'coco_r101_1024_lsj_copypaste': 'maskrcnn_resnet101_1024',
  'coco_r101_1280_lsj_copypaste': 'maskrcnn_resnet101_1024',
  'coco_effb7_640_lsj_copypaste': 'maskrcnn_effb7_640',
  'coco_effb7_1024_lsj_copypaste': 'maskrcnn_effb7_640',
  'coco_effb7_1280_lsj_copypaste': 'maskrcnn_effb7_640',
  'coco_cascade_effb7_1280_lsj_copypaste': 'cascade_maskrcnn_effb7_1280',
  'coco_cascade_effb7_nasfpn_1280_lsj': ('cascade_maskrcnn_effb7_nasfpn_1280'),
  'coco_cascade_effb7_nasfpn_1280_lsj_copypaste': (
    'cascade_maskrcnn_effb7_nasfpn_1280'
  ),
}


@pytest.mark.parity
@pytest.mark.parametrize('recipe', PUBLISHED)
def test_each_published_configuration_is_imported(recipe, tmp_path):
  values = golden.weights(PUBLISHED[recipe])
  printed = verbs.succeed(
    'copypaste_tf.import_checkpoint',
    f'--tf1_checkpoint={golden.write_tf1(tmp_path, values)}',
    f'--gin_file={recipe}',
    f'--output={tmp_path / "new"}',
  )
  model = build.mask_rcnn(gin_config.load([recipe]).params.task.model)
  restore(model, tf.train.latest_checkpoint(str(tmp_path / 'new')))
  variables = published_names(model)
  assert f'mapped: {len(variables)} variables' in printed
  for name in values.keys() - variables.keys():
    assert f': {name}\n' in printed
  for name, variable in variables.items():
    np.testing.assert_array_equal(variable, values[name], name)
