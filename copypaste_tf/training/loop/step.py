"""The training step of any task.

Name scopes mark its parts, for profiles and for counts of operations.
"""

from collections.abc import Iterable
from typing import Any

import tensorflow as tf
import tf_keras

from copypaste_tf.inputs import record_sets
from copypaste_tf.tasks.task import Task
from copypaste_tf.training.loop import accumulation

# Parts of the step by the name scope of their operations.
SCOPES = {
  'gradient_tape': 'backward',
  'augmentation': 'augmentation',
  'labels': 'labels',
  'forward': 'forward',
  'backward': 'backward',
  'optimizer': 'optimizer',
}


# Skips AutoGraph, which takes seconds and finds nothing to convert.
@tf.autograph.experimental.do_not_convert
def train_step(
  task: Task,
  inputs: Any,
  model: tf_keras.Model,
  optimizer: tf_keras.optimizers.Optimizer,
  metrics: Iterable[tf_keras.metrics.Metric] = (),
) -> tf.Tensor:
  """Takes one optimizer step on one replica's batch.

  Args:
    task: the task.
    inputs: batch of `task.train_inputs`.
    model: result of `task.build_model`.
    optimizer: optimizer of the weights of the model.
    metrics: means to update; each is named after a loss or a statistic.

  Returns:
    The scalar loss that was minimised, the mean over the replica's batch.
  """
  with tf.name_scope('augmentation'):
    examples = task.prepare(inputs)
  means = {metric.name: metric for metric in metrics}

  def compute(batch, number):
    with tf.name_scope('labels'):
      labels = task.labels(batch, number)
    values, gradients = losses_and_gradients(
      task, batch, labels, model, optimizer
    )
    _update(means, values)
    return values, gradients

  weights, parts = model.trainable_variables, task.config.micro_batches
  if parts == 1:
    values, gradients = compute(examples, optimizer.iterations)
  else:
    values, gradients = accumulation.mean_gradients(
      compute,
      examples,
      optimizer.iterations,
      weights,
      parts,
      names=task.computed_losses,
      # The images of a set are neighbours, so each part takes some of all sets.
      spread=len(record_sets.divided(task.config.train_data)[0]) > 1,
    )
  with tf.name_scope('optimizer'):
    optimizer.apply_gradients(list(zip(gradients, weights, strict=True)))
  task.after_step(model, values)
  _update(means, task.statistics(examples))
  return values[task.loss_names[0]]


def losses(
  task: Task, examples: Any, labels: Any, model: tf_keras.Model
) -> dict[str, tf.Tensor]:
  """Runs the model in training mode; returns float32 scalar losses by name.

  Args:
    task: the task.
    examples: result of `task.prepare`.
    labels: result of `task.labels`.
    model: result of `task.build_model`.
  """
  with tf.name_scope('forward'):
    outputs = task.forward(model, examples, labels)
    outputs = tf.nest.map_structure(_to_float32, outputs)
    return task.losses(outputs, labels, model.losses)


def losses_and_gradients(
  task: Task,
  examples: Any,
  labels: Any,
  model: tf_keras.Model,
  optimizer: tf_keras.optimizers.Optimizer,
) -> tuple[dict[str, tf.Tensor], list[tf.Tensor | None]]:
  """Returns the losses by name, and the gradient of each weight or None.

  The gradients have the shapes of the weights. They are divided by the number
  of replicas, because the optimizer sums them over the replicas.

  Args:
    task: the task.
    examples: result of `task.prepare`.
    labels: result of `task.labels`.
    model: result of `task.build_model`.
    optimizer: optimizer of the weights; it may scale the loss.
  """
  replicas = tf.distribute.get_strategy().num_replicas_in_sync
  scaled = isinstance(optimizer, tf_keras.mixed_precision.LossScaleOptimizer)
  with tf.GradientTape() as tape:
    values = losses(task, examples, labels, model)
    loss = values[task.loss_names[0]] / replicas
    if scaled:  # Keeps small float16 gradients from becoming 0.
      loss = optimizer.get_scaled_loss(loss)
  with tf.name_scope('backward'):
    gradients = tape.gradient(loss, model.trainable_variables)
    if scaled:
      gradients = optimizer.get_unscaled_gradients(gradients)
  return values, gradients


def _to_float32(x: tf.Tensor) -> tf.Tensor:
  """Converts floating point tensors; ids and masks keep their type."""
  return tf.cast(x, tf.float32) if x.dtype.is_floating else x


def _update(means, values) -> None:
  for name, value in values.items():
    if name in means:
      means[name].update_state(value)
