"""Adapts a task to the interface of Model Garden's trainer and runner."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
import tf_keras
from official.core import base_task
from official.core import config_definitions as cfg
from official.modeling import optimization

from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.inputs import data_config
from copypaste_tf.tasks.task import Task
from copypaste_tf.training.checkpoints import initial
from copypaste_tf.training.loop import averaging, step, workers


class ModelGardenTask(base_task.Task):
  """Wraps a `Task` for Model Garden.

  Attributes:
    task: the task.
    start: the values that `initialize` took from a checkpoint; None without
      one.
  """

  def __init__(self, task: Task, logging_dir: str | None = None):
    """Wraps a task.

    Args:
      task: the task.
      logging_dir: folder for the outputs of an evaluation; None writes none.
    """
    super().__init__(task.config, logging_dir)
    self.task, self.start = task, None

  def build_model(self) -> tf_keras.Model:
    """Returns the model with all its variables."""
    return self.task.build_model()

  @classmethod
  def create_optimizer(
    cls,
    optimizer_config: optimization.OptimizationConfig,
    runtime_config: cfg.RuntimeConfig | None = None,
  ) -> tf_keras.optimizers.Optimizer:
    """Returns the optimizer, wrapped in a moving average if there is one."""
    average = optimizer_config.ema
    optimizer = super().create_optimizer(
      optimizer_config.replace(ema=None), runtime_config
    )
    if average is None:
      return optimizer
    return averaging.Averaged(optimizer, **average.as_dict())

  def initialize(self, model: tf_keras.Model) -> None:
    """Restores the parts that `init_checkpoint` of the config provides."""
    config = self.task_config
    if config.init_checkpoint:
      self.start = initial.initialize(
        model, config.init_checkpoint, config.init_checkpoint_modules
      )

  def build_inputs(
    self,
    params: Any,
    input_context: tf.distribute.InputContext | None = None,
    start_step: int = 0,
  ) -> tf.data.Dataset:
    """Returns evaluation inputs, or training inputs from `start_step` on.

    Args:
      params: config of the inputs, `EvalData` or `TrainData`.
      input_context: context of this host; None for a single replica.
      start_step: number of training steps whose examples are skipped.
    """
    if isinstance(params, data_config.EvalData):
      return self.task.eval_inputs(params, input_context)
    return self.task.train_inputs(params, input_context, start_step)

  def build_metrics(self, training: bool = True) -> list[tf_keras.metrics.Mean]:
    """Returns means for training, or resets the evaluator."""
    if not training:
      self.evaluator.reset()
      return []
    names = [*self.task.computed_losses, *self.task.statistic_names]
    return [tf_keras.metrics.Mean(name, dtype=tf.float32) for name in names]

  # AutoGraph would convert the methods of all tasks, which takes seconds.
  @tf.autograph.experimental.do_not_convert
  def train_step(
    self,
    inputs: Any,
    model: tf_keras.Model,
    optimizer: tf_keras.optimizers.Optimizer,
    metrics: Sequence[tf_keras.metrics.Metric] | None = None,
  ) -> dict[str, tf.Tensor]:
    """Takes one optimizer step on one replica's batch; see `step.train_step`.

    Returns:
      The scalar loss that is minimised, by its name.
    """
    loss = step.train_step(self.task, inputs, model, optimizer, metrics or ())
    return {self.loss: loss}

  @tf.autograph.experimental.do_not_convert
  def validation_step(
    self,
    inputs: Any,
    model: tf_keras.Model,
    metrics: Sequence[tf_keras.metrics.Metric] | None = None,
  ) -> dict[str, dict[str, tf.Tensor]]:
    """Returns `Task.predict` of one replica's batch, by the name `outputs`."""
    del metrics
    return {'outputs': self.task.predict(inputs, model)}

  @functools.cached_property
  def evaluator(self) -> Evaluator:
    """The evaluator of all evaluations of a run."""
    return self.task.evaluator()

  def aggregate_logs(
    self,
    state: bool | None = None,
    step_outputs: Mapping[str, Any] | None = None,
  ) -> bool:
    """Adds the outputs of the replicas of this worker to the evaluator."""
    if state is None:
      self.evaluator.reset()
    outputs = step_outputs['outputs']
    for replica in range(len(next(iter(outputs.values())))):
      self.evaluator.add({k: x[replica].numpy() for k, x in outputs.items()})
    return True

  def reduce_aggregated_logs(
    self,
    aggregated_logs: bool | None = None,
    global_step: tf.Tensor | None = None,
  ) -> dict[str, float]:
    """Merges the outputs of all workers, writes them, returns the metrics."""
    del aggregated_logs, global_step
    strategy = tf.distribute.get_strategy()
    if workers.position(strategy)[1] > 1:
      self.evaluator.merge(workers.all_gather(strategy, self.evaluator.parts()))
    if self.logging_dir:
      self.evaluator.write(self.logging_dir)
    return self.evaluator.metrics()
