"""The training step on a model small enough for a calculation by hand."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.costs import lowering
from copypaste_tf.tasks.config import BaseConfig
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop import step


class Line:
  """A task of one weight: y = w * x, whose labels are 2 * x."""

  loss_names = computed_losses = ('square', 'mean_error')

  def __init__(self, micro_batches=1):
    self.config = BaseConfig(micro_batches=micro_batches)
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

  def after_step(self, model, values):
    self.after = (model, values)

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
  assert task.after[0] is model
  assert list(task.after[1]) == ['square', 'mean_error']
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


def _loop_conditions(graph_def):
  """Returns the nodes of the condition of each loop, by its name."""
  functions = {f.signature.name: f.node_def for f in graph_def.library.function}
  nodes = [*graph_def.node, *(n for f in functions.values() for n in f)]
  loops = [n for n in nodes if n.op in ('While', 'StatelessWhile')]
  names = [n.attr['cond'].func.name for n in loops]
  return {name: functions[name] for name in names}


@pytest.mark.thorough
def test_no_loop_of_the_step_has_a_length_that_depends_on_data():
  tiny = ['IMAGE_SIZE = (64, 64)', 'model.levels = (2, 4)']
  lowered = lowering.train_step(
    gin_config.load(['smoke'], tiny).params, replicas=1, batch_per_replica=2
  )
  graph = lowered.function.get_concrete_function(*lowered.inputs).graph
  conditions = _loop_conditions(graph.as_graph_def())
  assert conditions  # Anchors are matched and proposals chosen in loops.
  for name, nodes in conditions.items():
    constants = {n.name for n in nodes if n.op == 'Const'}
    ends = [
      n
      for n in nodes
      if n.op == 'Less' and {x.split(':')[0] for x in n.input} & constants
    ]
    assert ends, name  # The counter stops at a constant,
    others = {n.op for n in nodes}  # and nothing else can go on or stop.
    assert others <= {'Const', 'Less', 'LogicalAnd', 'Identity'}, name
