"""The schedule: the paper's numbers, drops that move, the rate at a step."""

import pytest
from official.modeling import optimization

from copypaste_tf.training.schedule import schedule


def test_drops_move_with_the_length():
  plan = schedule(train_steps=1000, drops=(0.5, 0.9), drop_factor=0.5)
  steps = plan.optimizer.learning_rate.stepwise
  assert steps.boundaries == [500, 900]
  assert steps.values == [0.32, 0.16, 0.08]


def test_learning_rate_over_the_steps():
  plan = schedule(train_steps=20_000)
  rate = optimization.OptimizerFactory(plan.optimizer).build_learning_rate()
  assert float(rate(0)) == pytest.approx(0.0032)
  assert float(rate(500)) == pytest.approx((0.32 + 0.0032) / 2)
  assert float(rate(5000)) == pytest.approx(0.32)
  assert float(rate(18_001)) == pytest.approx(0.032)
  assert float(rate(19_999)) == pytest.approx(0.00032)


def test_the_defaults_are_the_papers():
  plan = schedule()
  assert (plan.train_steps, plan.weight_decay) == (270_000, 4e-5)
  assert plan.optimizer.optimizer.type == 'sgd'
  assert plan.optimizer.optimizer.sgd.momentum == 0.9
  steps = plan.optimizer.learning_rate.stepwise
  assert steps.boundaries == [243_000, 256_500, 263_250]
  assert steps.values == [0.32, 0.032, 0.0032, 0.00032]


def test_without_drops_the_rate_stays():
  plan = schedule(train_steps=10, drops=(), warmup_steps=0, learning_rate=0.1)
  steps = plan.optimizer.learning_rate.stepwise
  assert (steps.boundaries, steps.values) == ([], [0.1])
  assert plan.optimizer.warmup.linear.warmup_steps == 0
