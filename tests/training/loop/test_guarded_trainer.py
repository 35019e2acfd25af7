"""The loss of every step and replica, and variables that are not finite."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.training.loop.guarded_trainer import StepLosses

# In a process of its own: devices are fixed when TensorFlow starts.
REPLICAS = """
import json
import tensorflow as tf
from copypaste_tf.training.loop import guarded_trainer

(cpu,) = tf.config.list_physical_devices('CPU')
tf.config.set_logical_device_configuration(
  cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
strategy = tf.distribute.MirroredStrategy(['/cpu:0', '/cpu:1'])
with strategy.scope():
  metric = guarded_trainer.StepLosses(4, 'loss')
  statistic = tf.Variable(
    0.0,
    trainable=False,
    synchronization=tf.VariableSynchronization.ON_READ,
    aggregation=tf.VariableAggregation.MEAN,
  )
  weight = tf.Variable([1.0, 2.0])


def step(number):
  replica = tf.cast(
    tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32
  )
  metric.update_state(number + 10.0 * replica)
  bad = (number == 2.0) & (replica == 1.0)
  statistic.assign(tf.where(bad, float('inf'), 0.0))


variables = [statistic, weight]
count = tf.function(
  lambda: guarded_trainer.count_nonfinite(strategy, variables)
)
before = int(count())


@tf.function
def run(number):
  strategy.run(step, args=(number,))


for number in range(3):
  run(tf.constant(float(number)))
print(json.dumps({
  'losses': metric.by_step().tolist(),
  'mean': float(metric.result()),
  'count_nonfinite': [before, int(count())],
}))
"""


def test_the_losses_of_a_loop_by_step():
  strategy = tf.distribute.OneDeviceStrategy('/cpu:0')
  with strategy.scope():
    metric = StepLosses(3, 'training_loss')

  @tf.function
  def run(loss):
    strategy.run(metric.update_state, args=(loss,))

  assert metric.by_step().shape == (0, 1)
  for loss in (4.0, np.nan):
    run(tf.constant(loss))
  np.testing.assert_array_equal(metric.by_step(), [[4.0], [np.nan]])
  assert np.isnan(float(metric.result()))
  metric.reset_state()
  run(tf.constant(6.0))
  np.testing.assert_array_equal(metric.by_step(), [[6.0]])
  assert float(metric.result()) == 6.0


@pytest.mark.thorough
@pytest.mark.slow
def test_a_loss_of_one_replica_that_is_not_finite_is_reported():
  done = subprocess.run(
    [sys.executable, '-c', REPLICAS],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  found = json.loads(done.stdout.splitlines()[-1])
  assert found['losses'] == [[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]]
  assert found['mean'] == 6.0
  assert found['count_nonfinite'] == [0, 1]
