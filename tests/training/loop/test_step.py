"""The training step on a model small enough for a calculation by hand."""

import types

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.training.loop import step


class Line:
  """A task of one weight: y = w * x, whose labels are 2 * x."""

  loss_names = ('square', 'mean_error')

  def __init__(self, micro_batches=1):
    self.config = types.SimpleNamespace(micro_batches=micro_batches)
    self.types = []

  def prepare(self, inputs):
    return inputs / 2

  def labels(self, examples, number):
    tf.debugging.assert_type(number, tf.int64)
    return 2 * examples

  def forward(self, model, examples, labels):
    return {'y': model(examples), 'ids': tf.constant([7, 8])}

  def losses(self, outputs, labels, penalties):
    self.types.append({name: x.dtype for name, x in outputs.items()})
    error = outputs['y'] - labels
    return {
      'square': tf.reduce_mean(error**2) + tf.add_n(penalties),
      'mean_error': tf.reduce_mean(error),
    }

  def statistics(self, examples):
    return {'size': tf.reduce_sum(examples), 'unwatched': examples}


class Model:
  def __init__(self, dtype=tf.float32):
    self.weight = tf.Variable(0.5)
    self.trainable_variables = [self.weight]
    self._dtype = dtype

  @property
  def losses(self):
    return [0.25 * self.weight]

  def __call__(self, x):
    return tf.cast(self.weight * x, self._dtype)


INPUTS = tf.constant([2.0, 4.0, -6.0, 8.0])
X = INPUTS.numpy() / 2


def by_hand():
  """Returns the losses, and the gradient of the first."""
  error = 0.5 * X - 2 * X
  return {
    'square': np.mean(error**2) + 0.125,
    'mean_error': np.mean(error),
    'size': X.sum(),
  }, np.mean(2 * error * X) + 0.25


def means():
  names = ('square', 'mean_error', 'size')
  return [tf_keras.metrics.Mean(name) for name in names]


@pytest.mark.parametrize('parts', [1, 2, 4])
def test_a_step_moves_the_weights_by_the_gradient(parts):
  task, model, metrics = Line(parts), Model(), means()
  optimizer = tf_keras.optimizers.legacy.SGD(0.5)
  loss = tf.function(
    lambda: step.train_step(task, INPUTS, model, optimizer, metrics)
  )()
  expected, gradient = by_hand()
  assert float(loss) == pytest.approx(expected['square'])
  assert float(model.weight) == pytest.approx(0.5 - 0.5 * gradient)
  assert int(optimizer.iterations) == 1
  for metric in metrics:
    assert float(metric.result()) == pytest.approx(expected[metric.name])


def test_the_loss_of_float16_is_scaled_and_the_gradient_scaled_back():
  inner = tf_keras.optimizers.legacy.SGD(0.5)
  optimizer = tf_keras.mixed_precision.LossScaleOptimizer(
    inner, dynamic=False, initial_scale=1024
  )
  task, model = Line(), Model()
  loss = step.train_step(task, INPUTS, model, optimizer)
  expected, gradient = by_hand()
  assert float(loss) == pytest.approx(expected['square'])
  assert float(model.weight) == pytest.approx(0.5 - 0.5 * gradient)


def test_losses_get_float32_and_ids_as_they_are():
  task = Line()
  step.train_step(
    task, INPUTS, Model(tf.bfloat16), tf_keras.optimizers.legacy.SGD(0.5)
  )
  assert task.types == [{'y': tf.float32, 'ids': tf.int32}]
