"""The import of TF1 checkpoints accounts for every variable and fault."""

import numpy as np
import pytest
import tensorflow as tf
from golden import config, write_tf1

from copypaste_tf.modeling import build
from copypaste_tf.modeling.checkpoints.published_names import published_names
from copypaste_tf.verbs import import_checkpoint


def small_config():
  small = config('maskrcnn_resnet18')
  small.decoder.fpn.num_filters = 8
  small.rpn_head.num_filters = 8
  small.detection_head.num_filters = 8
  small.detection_head.fc_dims = 8
  small.mask_head.num_filters = 8
  small.backbone.resnet.depth_multiplier = 0.125
  return small


@pytest.fixture(scope='module')
def model():
  return build.mask_rcnn(small_config())


@pytest.fixture
def values(model):
  """Returns values of all variables that a checkpoint of a run holds."""
  random = np.random.default_rng(0)
  weights = {
    name: random.normal(size=v.shape).astype(np.float32)
    for name, v in published_names(model).items()
  }
  slots = {
    f'{name}/Momentum': x for name, x in weights.items() if 'moving' not in name
  }
  return {'global_step': np.int64(7), **slots, **weights}


def test_all_variables_are_imported(model, values, tmp_path):
  plan = import_checkpoint.import_checkpoint(
    write_tf1(tmp_path, values), model, str(tmp_path / 'new')
  )
  assert plan.left['step counter'] == ['global_step']
  assert len(plan.mapped) + len(plan.left['optimizer slot']) + 1 == len(values)
  fresh = build.mask_rcnn(small_config())
  latest = tf.train.latest_checkpoint(str(tmp_path / 'new'))
  status = tf.train.Checkpoint(model=fresh).read(latest)
  status.assert_existing_objects_matched().expect_partial()
  for name, variable in published_names(fresh).items():
    np.testing.assert_array_equal(variable, values[name], name)


def test_the_backbone_of_a_classifier_is_imported(model, values, tmp_path):
  classifier = {
    name.removeprefix('resnet18/'): x
    for name, x in values.items()
    if name.startswith('resnet18/')
  }
  classifier['dense/kernel'] = np.zeros([4, 10], np.float32)
  plan = import_checkpoint.import_checkpoint(
    write_tf1(tmp_path, classifier),
    model,
    str(tmp_path / 'new'),
    backbone_only=True,
  )
  assert plan.left['ImageNet classifier'] == ['dense/kernel']
  fresh = build.mask_rcnn(small_config())
  latest = tf.train.latest_checkpoint(str(tmp_path / 'new'))
  status = tf.train.Checkpoint(backbone=fresh.backbone).read(latest)
  status.assert_existing_objects_matched().expect_partial()
  for name, variable in published_names(fresh.backbone).items():
    np.testing.assert_array_equal(variable, values[name], name)


def test_moving_averages_are_imported_on_demand(model, values, tmp_path):
  name = 'fpn/l2/kernel'
  average = f'{name}/ExponentialMovingAverage'
  values[average] = values[name] + 1.0
  prefix = write_tf1(tmp_path, values)
  output = str(tmp_path / 'new')
  plan = import_checkpoint.import_checkpoint(
    prefix, model, output, averages=True
  )
  np.testing.assert_array_equal(published_names(model)[name], values[average])
  assert plan.left['moving average of weights'] == []
  import_checkpoint.import_checkpoint(prefix, model, output)
  np.testing.assert_array_equal(published_names(model)[name], values[name])


@pytest.mark.parametrize(
  ('name', 'value', 'message'),
  [
    ('fpn/l2/kernel', None, 'missing: fpn/l2/kernel'),
    ('fpn/l2/bias', np.zeros([9], np.float32), r'shape \[9\] instead of \[8\]'),
    ('fpn/l9/bias', np.zeros([9], np.float32), 'left over: fpn/l9/bias'),
    ('fpn/l2/bias', np.full([8], np.nan, np.float32), 'fpn/l2/bias .* finite'),
  ],
)
def test_faults_are_named_and_nothing_is_written(
  model, values, tmp_path, name, value, message
):
  values[name] = value
  values = {key: x for key, x in values.items() if x is not None}
  before = {n: v.numpy() for n, v in published_names(model).items()}
  with pytest.raises(ValueError, match=message):
    import_checkpoint.import_checkpoint(
      write_tf1(tmp_path, values), model, str(tmp_path / 'new')
    )
  assert not (tmp_path / 'new').exists()
  for n, v in published_names(model).items():
    np.testing.assert_array_equal(v, before[n])


def test_an_error_about_damaged_data_names_the_variable(
  model, values, tmp_path
):
  prefix = write_tf1(tmp_path, values)
  data = next(tmp_path.glob('model.ckpt.data*'))
  damaged = bytearray(data.read_bytes())
  for i in range(0, len(damaged), 100):
    damaged[i] ^= 0xFF
  data.write_bytes(bytes(damaged))
  with pytest.raises(ValueError, match='variable .* cannot be read'):
    import_checkpoint.import_checkpoint(prefix, model, str(tmp_path / 'new'))


def test_a_missing_checkpoint_is_an_error(model, tmp_path):
  with pytest.raises(ValueError, match='prefix of a TF1 checkpoint'):
    import_checkpoint.import_checkpoint(
      str(tmp_path / 'nothing'), model, str(tmp_path / 'new')
    )
