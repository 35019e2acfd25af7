"""The schedule: the paper's numbers, drops that move, the rate at a step."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from official.modeling import optimization

from copypaste_tf.training.config.schedule import schedule


def test_drops_move_with_the_length():
  plan = schedule(train_steps=1000, drops=(0.5, 0.9), drop_factor=0.5)
  steps = plan.optimizer.learning_rate.stepwise
  assert steps.boundaries == [500, 900]
  assert steps.values == [0.32, 0.16, 0.08]


def test_the_learning_rate_follows_warm_up_and_drops():
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


def test_a_cosine_falls_from_the_warm_up_to_0():
  plan = schedule(
    train_steps=100,
    shape='cosine',
    learning_rate=0.2,
    warmup_learning_rate=0.0,
    warmup_steps=10,
  )
  rate = optimization.OptimizerFactory(plan.optimizer).build_learning_rate()
  found = [float(rate(step)) for step in (0, 25, 50, 75, 100)]
  cosine = [0.1 * (1 + np.cos(np.pi * x)) for x in (0.25, 0.5, 0.75, 1)]
  np.testing.assert_allclose(found, [0, *cosine], atol=1e-7)


def test_another_shape_is_refused():
  with pytest.raises(ValueError, match="'steps' or 'cosine', got 'poly'"):
    schedule(shape='poly')


def test_without_drops_the_rate_stays():
  plan = schedule(train_steps=10, drops=(), warmup_steps=0, learning_rate=0.1)
  rate = optimization.OptimizerFactory(plan.optimizer).build_learning_rate()
  if callable(rate):
    rate = rate(9)
  assert float(rate) == pytest.approx(0.1)
  assert plan.optimizer.warmup.linear.warmup_steps == 0


def test_without_drops_there_is_still_a_warm_up():
  plan = schedule(train_steps=100, drops=(), warmup_steps=10, learning_rate=0.1)
  rate = optimization.OptimizerFactory(plan.optimizer).build_learning_rate()
  found = [float(rate(step)) for step in (0, 5, 10, 99)]
  np.testing.assert_allclose(found, [0.0032, 0.0516, 0.1, 0.1], rtol=1e-5)


@pytest.mark.parametrize(
  ('clip_norm', 'gradient', 'step'),
  [
    (2.0, [30.0, 0.0, 40.0], [0.12, 0.0, 0.16]),
    (2.0, [0.3, 0.0, 0.4], [0.03, 0.0, 0.04]),
    (None, [30.0, 0.0, 40.0], [3.0, 0.0, 4.0]),
  ],
)
def test_clipping_bounds_the_norm_of_all_gradients(clip_norm, gradient, step):
  plan = schedule(learning_rate=0.1, warmup_steps=0, clip_norm=clip_norm)
  factory = optimization.OptimizerFactory(plan.optimizer)
  optimizer = factory.build_optimizer(factory.build_learning_rate())
  weights = [tf.Variable([1.0, 1.0]), tf.Variable([1.0])]
  gradients = [tf.constant(gradient[:2]), tf.constant(gradient[2:])]
  optimizer.apply_gradients(zip(gradients, weights, strict=True))
  np.testing.assert_allclose(1 - tf.concat(weights, 0), step, atol=1e-6)


# In a process of its own: devices are fixed when TensorFlow starts.
CLIP = """
import tensorflow as tf
from official.modeling import optimization
from copypaste_tf.training.config.schedule import schedule

(cpu,) = tf.config.list_physical_devices('CPU')
tf.config.set_logical_device_configuration(
  cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
strategy = tf.distribute.MirroredStrategy(['/cpu:0', '/cpu:1'])
plan = schedule(learning_rate=0.5, warmup_steps=0, clip_norm=2.0)
factory = optimization.OptimizerFactory(plan.optimizer)
with strategy.scope():
  weight = tf.Variable([10.0])
  optimizer = factory.build_optimizer(factory.build_learning_rate())
  optimizer._create_all_weights([weight])


def step():
  context = tf.distribute.get_replica_context()
  replica = tf.cast(context.replica_id_in_sync_group, tf.float32)
  optimizer.apply_gradients([(tf.fill([1], 3.0 + 2.0 * replica), weight)])


tf.function(lambda: strategy.run(step))()
print(float(weight[0]))
"""


@pytest.mark.thorough
@pytest.mark.slow
def test_the_sum_over_the_replicas_is_clipped():
  done = subprocess.run(
    [sys.executable, '-c', CLIP], capture_output=True, text=True, check=False
  )
  assert done.returncode == 0, done.stderr
  # Gradients clipped by each replica would add up to twice as much.
  assert float(done.stdout.splitlines()[-1]) == pytest.approx(9.0)
