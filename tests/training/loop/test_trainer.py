"""Measurements of the trainer: wait for inputs, norm of gradients."""

import os
import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from official.modeling import optimization

from copypaste_tf.training.loop import trainer

STEPS = 8


def batches(milliseconds):
  if not milliseconds:
    return tf.data.Dataset.from_tensors(1.0).repeat()

  def slowly(number):
    time.sleep(milliseconds / 1000)
    return np.float32(number)

  def load(number):
    return tf.reshape(tf.numpy_function(slowly, [number], tf.float32), [])

  return tf.data.Dataset.range(100).map(load).prefetch(1)


def work(value):
  """Takes some milliseconds."""
  product = tf.fill([400, 400], value)
  for _ in range(20):
    product = tf.linalg.matmul(product, product)
    product /= 1e-9 + tf.reduce_max(product)
  return product[0, 0]


@pytest.mark.parametrize('milliseconds', [0, 400])
def test_only_waiting_for_the_inputs_is_counted(milliseconds):
  clock, total = trainer.InputClock(), tf.Variable(0.0)

  @tf.function
  def loop(iterator, steps):
    for _ in tf.range(steps):
      total.assign_add(work(clock.next(iterator)))

  iterator = iter(batches(milliseconds))
  loop(iterator, tf.constant(2))  # Traces.
  clock.read()
  began = time.perf_counter()
  loop(iterator, tf.constant(STEPS))
  seconds = time.perf_counter() - began
  waited = clock.read()
  assert clock.read() == 0
  if milliseconds:
    # The step itself is no waiting; it continues meanwhile. Even on a busy
    # machine it takes less than the inputs.
    assert 0.5 * seconds < waited < seconds
  else:
    assert waited < 0.5 * seconds


def test_absent_parts_of_a_batch_stay_absent():
  """As `RawScenes.sources` are, where images are pasted onto one another."""
  clock = trainer.InputClock()
  dataset = tf.data.Dataset.range(2).map(lambda x: (x, None, ()))
  found = tf.function(clock.next)(iter(dataset))
  assert found == (0, None, ())


@pytest.mark.thorough
@pytest.mark.slow  # Starts TensorFlow once more.
def test_a_step_is_no_waiting_where_one_thread_runs_all_operations():
  """Else the thread may run the step before it stops the clock."""
  code = (
    'import test_trainer\n'
    'test_trainer.test_only_waiting_for_the_inputs_is_counted(0)'
  )
  one = {'TF_NUM_INTEROP_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''}
  done = subprocess.run(
    [sys.executable, '-c', code],
    cwd=pathlib.Path(__file__).parent,
    env=os.environ | one,
    capture_output=True,
    text=True,
    check=False,
  )
  assert not done.returncode, done.stderr[-1000:]


def watched(optimizer):
  norm = tf_keras.metrics.Mean('gradient_norm', tf.float32)
  trainer._measure_gradients(optimizer, norm)
  return norm


def apply(optimizer, gradient, value=(0.0, 0.0)):
  variables = [tf.Variable(x) for x in value]
  optimizer.apply_gradients(
    zip(map(tf.constant, gradient), variables, strict=True)
  )
  return [float(v.numpy()) for v in variables]


def test_the_norm_is_of_all_gradients_before_they_are_clipped():
  optimizer = tf_keras.optimizers.legacy.SGD(1.0, global_clipnorm=1.0)
  norm = watched(optimizer)
  variables = apply(optimizer, [3.0, 4.0])
  np.testing.assert_allclose(variables, [-0.6, -0.8], rtol=1e-6)
  assert float(norm.result()) == 5.0


def test_steps_that_the_loss_scale_skips_are_left_out():
  optimizer = tf_keras.mixed_precision.LossScaleOptimizer(
    tf_keras.optimizers.legacy.SGD(1.0)
  )
  norm = watched(optimizer)
  assert apply(optimizer, [np.inf, 1.0]) == [0, 0]
  assert apply(optimizer, [3.0, 4.0]) == [-3, -4]
  assert float(norm.result()) == 5.0


def test_without_a_loss_scale_infinity_shows():
  optimizer = tf_keras.optimizers.legacy.SGD(1.0)
  norm = watched(optimizer)
  apply(optimizer, [np.inf, 1.0])
  assert np.isinf(norm.result())


def test_moving_averages_are_around_the_optimizer_that_is_watched():
  inner = tf_keras.optimizers.legacy.SGD(1.0)
  norm = watched(optimization.ExponentialMovingAverage(inner))
  apply(inner, [3.0, 4.0])
  assert float(norm.result()) == 5.0
