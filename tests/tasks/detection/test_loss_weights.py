"""Loss weights of a recipe reach the config and its checks."""

import pytest
from config_problems import problems_of

from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config

OFF = ['rpn_score', 'rpn_box', 'frcnn_class', 'frcnn_box', 'mask']


def test_a_weight_of_zero_leaves_the_loss_out_of_the_log():
  params = gin_config.load(
    ['smoke'], ['loss_weights.mask = 0.0', 'loss_weights.rpn_box = 0.5']
  ).params
  assert params.task.losses.mask_weight == 0
  assert params.task.losses.rpn_box_weight == 0.5
  assert params.task.losses.l2_weight_decay == 4e-5
  losses = registry.build(params.task).computed_losses
  assert 'mask_loss' not in losses and 'rpn_box_loss' in losses
  assert losses[0] == 'total_loss' and losses[-1] == 'model_loss'


@pytest.mark.parametrize(
  ('lines', 'message'),
  [
    (['loss_weights.mask = -1.0'], 'mask_weight: expected a value at least 0'),
    ([f'loss_weights.{name} = 0.0' for name in OFF], 'nothing would be learnt'),
  ],
)
def test_impossible_weights_are_named(lines, message):
  (problem,) = problems_of(lines)
  assert '--gin_params' in problem and message in problem
