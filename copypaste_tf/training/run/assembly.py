"""Assembles a run: task, trainer, Orbit's runner and its actions."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import orbit
import tensorflow as tf
import tf_keras
from official.core import train_lib, train_utils
from official.modeling import performance

from copypaste_tf.console import saying
from copypaste_tf.tasks import registry
from copypaste_tf.training.checkpoints.best import Best
from copypaste_tf.training.loop import workers
from copypaste_tf.training.loop.adapter import ModelGardenTask
from copypaste_tf.training.loop.trainer import InputClock
from copypaste_tf.training.run.devices import Devices
from copypaste_tf.training.run.preemption import Preemption
from copypaste_tf.training.run.profiler import Profiler, Window
from copypaste_tf.training.run.progress import EVAL_FILES, TRAIN_FILES, Progress
from copypaste_tf.training.run.recovery import Recoveries
from copypaste_tf.training.run.speaking_trainer import SpeakingTrainer
from copypaste_tf.training.run.train_panels import Panels


class Run(NamedTuple):
  """A run that is ready to start or to resume.

  Attributes:
    runner: Model Garden's runner.
    progress: prints lines, and writes history and results.
    recoveries: restores the run when it diverges.
    preemption: saves and ends the run at SIGTERM.
  """

  runner: train_lib.OrbitExperimentRunner
  progress: Progress
  recoveries: Recoveries
  preemption: Preemption


def build(
  started: Devices,
  model_dir: str,
  folder: str,
  mode: str,
  show: Callable[[str], Any],
  profile: Window | None = None,
) -> Run:
  """Builds a run, restored from its last checkpoint.

  Args:
    started: the devices, and the config.
    model_dir: folder of the run, from which all workers read.
    folder: output folder of this worker; `model_dir` for the chief.
    mode: that of `runner.run`.
    show: prints a line.
    profile: steps to profile; None for no profile.
  """
  train = 'train' in mode
  task, trainer = task_and_trainer(
    started, folder, train=train, evaluate='eval' in mode
  )
  files = TRAIN_FILES if train else EVAL_FILES
  if not workers.is_chief(started.strategy):
    show = str
  progress = make_progress(started, trainer, model_dir, folder, show, files)
  runner = train_lib.OrbitExperimentRunner(
    started.strategy,
    task,
    mode,
    started.params,
    folder,
    trainer=trainer,
    train_actions=[progress],
    eval_actions=[progress.evaluated],
    controller_cls=_controller(profile, folder, show),
  )
  # Drops Model Garden's action, which would save the averages a second time.
  runner.controller.eval_actions = (progress.evaluated,)
  restored = workers.restore(runner, model_dir)
  if task.start is not None and workers.is_chief(started.strategy):
    print(f'init_checkpoint: {task.start}', file=sys.stderr)
  progress.restart_rate()
  recoveries = Recoveries(model_dir, trainer)
  if train:
    _start(runner, recoveries, restored)
    _draw_panels(runner, started, folder)
  return Run(runner, progress, recoveries, _preemption(runner, show))


def task_and_trainer(
  started: Devices, folder: str | None, *, train: bool, evaluate: bool = True
) -> tuple[ModelGardenTask, SpeakingTrainer]:
  """Builds the task and its trainer: model, optimizer and inputs.

  Args:
    started: the devices, and the config.
    folder: folder for the detections; None writes none.
    train: build the training inputs and the optimizer variables.
    evaluate: build the evaluation inputs.
  """
  params = started.params
  performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
  # Seeds the initial weights and the random layers.
  tf_keras.utils.set_random_seed(params.task.train_data.seed)
  # The steps of a TPU do not run on this host.
  tpu = isinstance(started.strategy, tf.distribute.TPUStrategy)
  clock = None if tpu else InputClock()
  with saying('building the model'), started.strategy.scope():
    task = ModelGardenTask(registry.build(params.task), logging_dir=folder)
    trainer = train_utils.create_trainer(
      params,
      task,
      train=train,
      evaluate=evaluate,
      trainer_cls=functools.partial(SpeakingTrainer, clock=clock),
    )
    # Workers must create variables at the same time. TensorFlow would create
    # this one with the first checkpoint that a worker saves or restores.
    trainer.checkpoint.save_counter.assign_add(0)
    if train:
      # Otherwise the first step creates them within its graph, which is then
      # traced twice and fails with several replicas.
      trainer.optimizer._create_all_weights(trainer.model.trainable_variables)
  return task, trainer


def make_progress(
  started: Devices,
  trainer: SpeakingTrainer,
  model_dir: str,
  folder: str,
  show: Callable[[str], Any],
  files: tuple[str, str] = EVAL_FILES,
) -> Progress:
  """Builds the reporter of a run, which also keeps the best checkpoint.

  Args:
    started: the devices, and the config.
    trainer: trainer of the run.
    model_dir: folder of the run.
    folder: output folder of this worker.
    show: prints a line.
    files: names of the history and of the results.
  """
  best, config = None, started.params.trainer
  evaluator = trainer.task.evaluator
  if config.best_checkpoint_export_subdir:
    best = Best(
      trainer.checkpoint,
      os.path.join(folder, config.best_checkpoint_export_subdir),
      config.best_checkpoint_eval_metric or evaluator.headline,
      # All workers must decide alike, so they all read the chief's folder.
      previous_folder=os.path.join(
        model_dir, config.best_checkpoint_export_subdir
      ),
    )
  return Progress(
    folder,
    trainer.global_step,
    total_steps=config.train_steps,
    batch_size=started.params.task.train_data.global_batch_size,
    replicas=started.replicas,
    losses=trainer.task.task.short_loss_names,
    metrics=evaluator.names,
    headline=evaluator.headline,
    best=best,
    files=files,
    write=show,
  )


def _controller(profile, folder, show):
  if profile is None:
    return orbit.Controller
  return Profiler(profile, os.path.join(folder, 'train'), show).controller


def _start(runner, recoveries: Recoveries, restored: bool) -> None:
  """Places the inputs of a restored run, or saves a new run at step 0."""
  if restored:
    recoveries.place_inputs()
    return
  with saying('saving the first checkpoint'), runner.strategy.scope():
    runner.controller.save_checkpoint()


def _draw_panels(runner, started, folder) -> None:
  task = started.params.task
  if not task.panels_every or not workers.is_chief(started.strategy):
    return
  panels = Panels(
    folder,
    task.train_data,
    runner.trainer.task.task.output_size,
    every=task.panels_every,
    train_steps=started.params.trainer.train_steps,
    global_step=runner.controller.global_step,
  )
  runner.controller.train_actions += (panels,)


def _preemption(runner, show) -> Preemption:
  """Builds the SIGTERM handler, which saves a checkpoint."""

  def save():
    step = int(runner.controller.global_step.numpy())
    runner.checkpoint_manager.save(checkpoint_number=step, check_interval=False)

  def any_worker(requested: bool) -> bool:
    return any(workers.all_gather(runner.strategy, requested))

  preemption = Preemption(save, show, any_worker)
  if runner.controller.train_actions:
    runner.controller.train_actions += (preemption,)
  return preemption
