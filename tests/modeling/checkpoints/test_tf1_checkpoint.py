"""Maps from TF1 checkpoints to models."""

import pytest

from copypaste_tf.modeling.checkpoints import tf1_checkpoint

WANTED = {'resnet50/conv2d/kernel': [1], 'fpn/l2/bias': [2]}


def test_known_kinds_of_variables_are_ignored():
  stored = dict(WANTED)
  for name in (
    'global_step',
    'resnet50/dense/kernel',
    'efficientnet-b7/head/conv2d/kernel',
    'fpn/l2/bias/Momentum',
    'fpn/l2/bias/ExponentialMovingAverage',
  ):
    stored[name] = [3]
  plan = tf1_checkpoint.plan(stored, WANTED, backbone='resnet50')
  assert plan.mapped == {name: name for name in WANTED}
  assert sum(map(len, plan.left.values())) == 5


def test_a_backbone_ignores_the_rest_of_a_detector():
  wanted = {'resnet50/conv2d/kernel': [1]}
  plan = tf1_checkpoint.plan(
    WANTED, wanted, backbone='resnet50', backbone_only=True
  )
  assert plan.left['not of the backbone'] == ['fpn/l2/bias']


def test_all_faults_are_named_at_once():
  stored = {'resnet50/conv2d/kernel': [5], 'else/kernel': [1]}
  with pytest.raises(ValueError, match='another recipe') as error:
    tf1_checkpoint.plan(stored, WANTED, backbone='resnet50')
  for fault in ('missing: fpn/l2/bias', '[5] instead of [1]', 'else/kernel'):
    assert fault in str(error.value)
