import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling import losses
from copypaste_tf.tasks.detection import losses as model_losses
from copypaste_tf.tasks.detection.config import TaskConfig


def outputs(stages):
  random = np.random.default_rng(0)
  found = {}
  for stage in range(stages):
    suffix = f'_{stage}' if stage else ''
    found |= {
      f'class_outputs{suffix}': random.normal(size=[2, 6, 5]),
      f'box_outputs{suffix}': random.normal(size=[2, 6, 4]),
      f'box_targets{suffix}': random.normal(size=[2, 6, 4]),
      f'class_targets{suffix}': random.integers(0, 5, [2, 6]),
    }
  return {
    name: tf.constant(x, tf.int32 if 'class_targets' in name else tf.float32)
    for name, x in found.items()
  }


def test_losses_are_averaged_over_the_stages():
  config = TaskConfig()
  config.model.roi_sampler.cascade_iou_thresholds = [0.7]
  found = outputs(2)
  box_loss = model_losses.box_loss(config, found)
  expected = [
    losses.box_loss(
      found[f'box_outputs{s}'],
      found[f'box_targets{s}'],
      found[f'class_targets{s}'],
      delta=1.0,
    )
    for s in ('', '_1')
  ]
  assert float(box_loss) == pytest.approx(np.mean(expected), rel=1e-5)


def test_mask_losses_count_the_allowed_classes_only():
  config = TaskConfig(allowed_mask_class_ids=[2])
  found = {
    'mask_outputs': tf.constant([[[[1.0]], [[5.0]]]]),
    'mask_targets': tf.constant([[[[1.0]], [[0.0]]]]),
    'mask_class_targets': tf.constant([[2, 3]]),
  }
  got = float(model_losses.mask_loss(config, found))
  assert got == pytest.approx(np.log(1 + np.exp(-1.0)), rel=1e-5)


def test_the_weight_of_its_class_multiplies_the_loss_of_a_region():
  config, found = TaskConfig(), outputs(1)
  weights = [1.0, 0.5, 3.0, 0.0, 2.0]
  logits = found['class_outputs'].numpy().reshape(-1, 5).astype(np.float64)
  classes = found['class_targets'].numpy().ravel()
  each = np.log(np.exp(logits).sum(1)) - logits[range(12), classes]
  expected = np.mean(each * np.take(weights, classes))  # Not over the weights.
  got = float(model_losses.class_loss(config, found, weights))
  assert got == pytest.approx(expected, rel=1e-5)


def test_a_loss_of_weight_zero_is_absent_and_does_not_reach_the_sum():
  config = TaskConfig()
  for field in ('rpn_score', 'rpn_box', 'frcnn_box', 'mask'):
    setattr(config.losses, f'{field}_weight', 0.0)
  found = outputs(1)
  found['box_outputs'] *= np.inf  # 0 times this would be no number.
  values = model_losses.all_losses(config, found, {}, [tf.constant(0.25)])
  assert list(values) == ['total_loss', 'frcnn_cls_loss', 'model_loss']
  assert float(values['model_loss']) == float(values['frcnn_cls_loss'])
  total = float(values['model_loss']) + 0.25
  assert float(values['total_loss']) == pytest.approx(total)
