"""Runs a config: strategy, task, Orbit trainer, actions, record, results."""

import functools
import os
import sys
from typing import Any

import orbit
import tensorflow as tf
from official.common import distribute_utils
from official.core import config_definitions as cfg
from official.core import train_lib, train_utils
from official.modeling import performance

from copypaste_tf.training import (
  checkpoints,
  continuous,
  disk,
  pipeline,
  run_record,
)
from copypaste_tf.training.best import Best
from copypaste_tf.training.console import Printer, quiet_orbit
from copypaste_tf.training.divergence import LoopError
from copypaste_tf.training.gin_config import Resolved
from copypaste_tf.training.guard import GuardedTrainer
from copypaste_tf.training.preemption import Preemption
from copypaste_tf.training.profiler import Profiler, Window
from copypaste_tf.training.progress import EVAL_FILES, TRAIN_FILES, Progress
from copypaste_tf.training.recovery import Recoveries
from copypaste_tf.training.restore import restore
from copypaste_tf.training.task import CopyPasteTask
from copypaste_tf.training.train_panels import Panels
from copypaste_tf.training.trainer import InputClock

MODES = ('train', 'eval', 'train_and_eval', 'continuous_eval')


def run(
  resolved: Resolved,
  model_dir: str,
  mode: str,
  *,
  overwrite_record: bool = False,
  profile: Window | None = None,
) -> dict[str, Any]:
  """Trains or evaluates.

  Args:
    resolved: the config, checked.
    model_dir: folder for checkpoints, summaries and the record.
    mode: one of `MODES`.
    overwrite_record: accept another config's record in `model_dir`.
    profile: steps of a training that TensorFlow's profiler watches.

  Returns:
    What `results.json` holds: step, seconds, last losses, last metrics.

  Raises:
    ValueError: the folder holds another config's run, there is no checkpoint
      to evaluate, no checkpoint can be read, a record does not decode, the disk
      is full, or an evaluator waits in vain.
    Preempted: SIGTERM came; a checkpoint was written.
    DivergedError: the training did so more often than it may.
  """
  if mode == 'eval' and not tf.train.latest_checkpoint(model_dir):
    raise ValueError(
      f'--mode=eval needs a checkpoint, and {model_dir} has none'
    )
  # An evaluator beside a trainer leaves the trainer's record alone.
  if 'train' in mode:
    with disk.full_disk_errors(model_dir):
      run_record.write(model_dir, resolved, overwrite=overwrite_record)
      for fault in checkpoints.set_damaged_aside(model_dir):
        print(f'{fault}; going on from the one before', file=sys.stderr)
  params = with_devices(resolved.params)
  show = Printer(sys.stdout)
  with (
    pipeline.input_errors(params.task.train_data),
    disk.full_disk_errors(model_dir),
    quiet_orbit(),
  ):
    if mode == 'continuous_eval':
      run_record.refuse_another(
        model_dir, resolved.params, overwrite=overwrite_record
      )
      return _evaluate_beside(params, model_dir, show)
    runner, progress, recoveries = _build(
      params, model_dir, mode, show, profile
    )
    preemption = _preemption(runner, show)
    with preemption.listening():
      _run(runner, progress, recoveries, show)
    if 'train' in mode:
      run_record.write_operative(model_dir)
    return progress.finish()


def _evaluate_beside(params, model_dir, show) -> dict[str, Any]:
  """Evaluates what a trainer elsewhere saves, and returns the results."""
  params = _without_averages(params)
  _, trainer, _ = _trainer(params, model_dir, train=False)
  progress = _progress(params, model_dir, trainer, show, EVAL_FILES)
  continuous.evaluate(trainer, model_dir, progress, show)
  return progress.finish()


def evaluate(
  params: cfg.ExperimentConfig, model_dir: str, checkpoint: str
) -> dict[str, float]:
  """Evaluates one checkpoint.

  Args:
    params: the config.
    model_dir: where the detections are written.
    checkpoint: path prefix of the checkpoint.

  Returns:
    The COCO metrics.
  """
  params = with_devices(params)
  params = _without_averages(params)
  with quiet_orbit():
    task, trainer, strategy = _trainer(params, model_dir, train=False)
    restore(trainer.model, checkpoint)
    with strategy.scope():
      logs = trainer.evaluate(tf.constant(-1))
  return {name: float(value) for name, value in logs.items()}


def _without_averages(params):
  """Of moving averages, the averages are what is restored."""
  return params.replace(trainer={'optimizer_config': {'ema': None}})


def with_devices(params: cfg.ExperimentConfig) -> cfg.ExperimentConfig:
  """Returns the config with the number of GPUs that `-1` stands for."""
  if params.runtime.num_gpus >= 0:
    return params
  gpus = len(tf.config.list_physical_devices('GPU'))
  if params.runtime.distribution_strategy in ('off', 'one_device'):
    gpus = min(gpus, 1)
  return params.replace(runtime={'num_gpus': gpus})


def _trainer(params, model_dir, *, train, evaluate=True):
  """Builds strategy, task and trainer."""
  runtime = params.runtime
  performance.set_mixed_precision_policy(runtime.mixed_precision_dtype)
  strategy = distribute_utils.get_distribution_strategy(
    runtime.distribution_strategy,
    num_gpus=runtime.num_gpus,
    all_reduce_alg=runtime.all_reduce_alg,
    tpu_address=runtime.tpu,
  )
  # The steps of a TPU do not run on this host.
  clock = (
    None if isinstance(strategy, tf.distribute.TPUStrategy) else InputClock()
  )
  with strategy.scope():
    task = CopyPasteTask(params.task, logging_dir=model_dir)
    trainer = train_utils.create_trainer(
      params,
      task,
      train=train,
      evaluate=evaluate,
      trainer_cls=functools.partial(GuardedTrainer, clock=clock),
    )
    if train:
      # Left to the first step, they are made within its graph, which then is
      # traced twice and, with several replicas, does not run.
      trainer.optimizer._create_all_weights(trainer.model.trainable_variables)
  return task, trainer, strategy


def _progress(params, model_dir, trainer, show, files) -> Progress:
  """Makes what a person sees of a run."""
  best, config = None, params.trainer
  if config.best_checkpoint_export_subdir:
    masks = params.task.model.include_mask
    best = Best(
      trainer.checkpoint,
      os.path.join(model_dir, config.best_checkpoint_export_subdir),
      config.best_checkpoint_eval_metric or ('mask_ap' if masks else 'box_ap'),
    )
  return Progress(
    model_dir,
    trainer.global_step,
    total_steps=config.train_steps,
    batch_size=params.task.train_data.global_batch_size,
    replicas=trainer.strategy.num_replicas_in_sync,
    best=best,
    files=files,
    write=show,
  )


def _build(params, model_dir, mode, show, profile=None):
  """Builds Model Garden's runner, with our actions."""
  train = 'train' in mode
  task, trainer, strategy = _trainer(
    params, model_dir, train=train, evaluate='eval' in mode
  )
  controller = orbit.Controller
  if profile is not None:
    folder = os.path.join(model_dir, 'train')
    controller = Profiler(profile, folder, show).controller
  files = TRAIN_FILES if train else EVAL_FILES
  progress = _progress(params, model_dir, trainer, show, files)
  runner = train_lib.OrbitExperimentRunner(
    strategy,
    task,
    mode,
    params,
    model_dir,
    trainer=trainer,
    train_actions=[progress],
    eval_actions=[progress.evaluated],
    controller_cls=controller,
  )
  progress.rewound()  # The runner has restored the step.
  # Model Garden would save the averages once more.
  runner.controller.eval_actions = (progress.evaluated,)
  recoveries = Recoveries(model_dir, trainer)
  if train:
    _start(runner, recoveries)
  if train and params.task.panels_every:
    panels = Panels(
      model_dir,
      params.task.train_data,
      tuple(params.task.model.input_size[:2]),
      every=params.task.panels_every,
      global_step=trainer.global_step,
    )
    runner.controller.train_actions += (panels,)
  return runner, progress, recoveries


def _preemption(runner, show) -> Preemption:
  """Returns what saves before a run ends that is asked to."""

  def save():
    step = int(runner.controller.global_step.numpy())
    runner.checkpoint_manager.save(checkpoint_number=step, check_interval=False)

  preemption = Preemption(save, show)
  if runner.controller.train_actions:
    runner.controller.train_actions += (preemption,)
  return preemption


def _start(runner, recoveries: Recoveries) -> None:
  """Goes on with the next example, or saves what the run starts from."""
  if runner.checkpoint_manager.latest_checkpoint:
    recoveries.place_inputs()
    return
  with runner.strategy.scope():
    runner.controller.save_checkpoint()


def _run(runner, progress, recoveries, show) -> None:
  """Runs to the end; a training that diverges goes back and on from there."""
  while True:
    try:
      runner.run()
      return
    except LoopError as fault:
      show(recoveries.recover(fault, runner))
      progress.rewound()
