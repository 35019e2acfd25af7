"""The experiment: the gin configurable that makes Model Garden's config tree.

An explicit argument would hide a gin binding. So `experiment()` calls the other
configurables without the arguments that gin may bind.
"""

from collections.abc import Callable
from typing import Any

import gin
from official.core import config_definitions as cfg

from copypaste_tf.inputs import data_config
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.config import Divergence
from copypaste_tf.training.config.schedule import schedule


@gin.configurable
def runtime(
  *,
  strategy: str = 'mirrored',
  precision: str = 'float32',
  xla: bool = False,
  num_gpus: int = -1,
) -> cfg.RuntimeConfig:
  """Returns the devices and the precision of a run.

  Args:
    strategy: `mirrored` (all GPUs of the machine), `one_device`, `off`, `tpu`,
      `multi_worker_mirrored` (several machines).
    precision: `float32`, `bfloat16` or `float16`.
    xla: compile the training step for GPUs (TPUs always do).
    num_gpus: GPUs to use; -1 means all that are visible; 0 is the CPU.

  Returns:
    Model Garden's config.
  """
  return cfg.RuntimeConfig(
    distribution_strategy=strategy,
    mixed_precision_dtype=precision,
    enable_xla=xla,
    num_gpus=num_gpus,
  )


@gin.configurable
def experiment(
  *,
  task: str = registry.DEFAULT,
  log_every: int = 100,
  checkpoint_every: int = 2500,
  evaluate_every: int = 5000,
  checkpoints_to_keep: int = 5,
  keep_best: bool = True,
  evaluator_timeout: int = 3600,
) -> cfg.ExperimentConfig:
  """Returns the whole experiment.

  Args:
    task: name of the task; see `tasks.registry`.
    log_every: steps between lines of progress and scalar summaries.
    checkpoint_every: steps between checkpoints.
    evaluate_every: steps between evaluations in mode `train_and_eval`.
    checkpoints_to_keep: number of latest checkpoints to keep.
    keep_best: keep the evaluated checkpoint with the best headline metric of
      the task (mask AP, or box AP of a model without masks) in the folder
      `best`.
    evaluator_timeout: longest time in seconds that the mode `continuous_eval`
      waits for the next checkpoint.

  Returns:
    Model Garden's config tree.
  """
  plan = schedule()
  config = registry.get(task).make_config(plan.weight_decay)
  config.name = task
  return cfg.ExperimentConfig(
    task=config,
    trainer=cfg.TrainerConfig(
      train_steps=plan.train_steps,
      optimizer_config=plan.optimizer,
      steps_per_loop=log_every,
      summary_interval=log_every,
      checkpoint_interval=checkpoint_every,
      validation_interval=evaluate_every,
      max_to_keep=checkpoints_to_keep,
      best_checkpoint_export_subdir='best' if keep_best else '',
      continuous_eval_timeout=evaluator_timeout,
      recovery_max_trials=-1,  # TaskConfig.divergence takes its place.
    ),
    runtime=runtime(),
  )


# The names that a recipe of any task may bind.
CONFIGURABLES = {
  'experiment': experiment,
  'schedule': schedule,
  'runtime': runtime,
  'Divergence': Divergence,
  'RecordSet': data_config.RecordSet,
  'TrainData': data_config.TrainData,
  'EvalData': data_config.EvalData,
  'ScaleJitter': data_config.ScaleJitter,
  'CopyPaste': data_config.CopyPaste,
}


def configurables(task: str) -> dict[str, Callable[..., Any]]:
  """Returns all names that a recipe of a task may bind.

  Args:
    task: name of the task.

  Raises:
    ValueError: no task has this name.
  """
  return {**CONFIGURABLES, **registry.get(task).configurables}
