"""Runs a config: writes the record, trains, evaluates, writes results."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf.console import Printer, quiet_orbit, saying
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.inputs import pipeline
from copypaste_tf.tasks import registry
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checkpoints.restore import restore
from copypaste_tf.training.config.gin_config import Resolved
from copypaste_tf.training.loop import workers
from copypaste_tf.training.loop.divergence import LoopError
from copypaste_tf.training.run import (
  assembly,
  class_names,
  continuous,
  derived_values,
  devices,
  disk,
  folder_lock,
  folder_state,
  run_record,
  sampling,
)
from copypaste_tf.training.run.devices import Devices
from copypaste_tf.training.run.profiler import Window


def run(
  resolved: Resolved,
  model_dir: str,
  mode: str,
  *,
  overwrite_record: bool = False,
  profile: Window | None = None,
  started: Devices | None = None,
) -> dict[str, Any]:
  """Trains, evaluates, or both.

  Args:
    resolved: the config, checked.
    model_dir: folder for checkpoints, summaries and the record.
    mode: `train`, `eval`, `train_and_eval` or `continuous_eval`.
    overwrite_record: accept another config's record in `model_dir`.
    profile: steps of a training to profile; None for no profile.
    started: the devices, if they are started already. Several workers must
      start them before any computation. None starts them here.

  Returns:
    The contents of the results file: step, seconds, last losses and metrics.

  Raises:
    ValueError: the folder holds another config's run or another process works
      in it, there is no checkpoint to evaluate, no checkpoint can be read, a
      record does not decode, the disk is full, an evaluator waits too long for
      a checkpoint, devices are missing, or the workers have different configs.
    Preempted: SIGTERM came; a checkpoint was written.
    DivergedError: the training diverged more often than it may.
  """
  if mode == 'eval' and not last_good.latest(model_dir):
    raise ValueError(
      f'--mode=eval needs a checkpoint, and {model_dir} has none'
    )
  started = started or devices.start(resolved.params)
  if mode == 'continuous_eval' and workers.position(started.strategy)[1] > 1:
    raise ValueError(f'--mode={mode} is for one machine: --strategy=mirrored')
  started.print_summary(mode)
  show = Printer(sys.stdout)
  if 'train' in mode:  # Before the lock, which makes the folder.
    _refuse_others(model_dir, resolved, started, overwrite_record)
  with (
    _lock(started, model_dir, mode) as still_ours,
    disk.full_disk_errors(model_dir),
    workers.output_folder(started.strategy, model_dir) as folder,
    pipeline.input_errors(started.params.task.train_data),
  ):
    if mode == 'continuous_eval':
      run_record.refuse_other_config(
        model_dir, resolved.params, overwrite=overwrite_record, trains=False
      )
      return _evaluate_continuously(started, model_dir, show)
    # An evaluation does not overwrite the record of the training.
    if 'train' in mode:
      _prepare(model_dir, resolved, started, overwrite_record)
      steps = resolved.params.trainer.train_steps
      finished = folder_state.results(model_dir, steps)
      if finished:
        return finished
    with quiet_orbit():
      built = assembly.build(started, model_dir, folder, mode, show, profile)
      built.runner.controller.train_actions += (still_ours,)
      with built.preemption.listening():
        _run(built, show)
    if 'train' in mode:
      run_record.write_operative(folder)
    return built.progress.finish()


def evaluate(
  params: cfg.ExperimentConfig,
  model_dir: str | None,
  checkpoint: str,
  *,
  evaluator: Evaluator | None = None,
) -> dict[str, float]:
  """Evaluates one checkpoint.

  Args:
    params: the config.
    model_dir: folder for the detections; None writes none.
    checkpoint: path prefix of the checkpoint.
    evaluator: collects and measures the outputs; by default that of the task.

  Returns:
    The metrics by name.
  """
  started = _without_averages(devices.start(devices.on_one_machine(params)))
  started.print_summary('eval')
  with quiet_orbit():
    task, trainer = assembly.task_and_trainer(started, model_dir, train=False)
    if evaluator is not None:
      task.evaluator = evaluator
    restore(trainer.model, checkpoint)
    with started.strategy.scope():
      logs = trainer.evaluate(tf.constant(-1))
  return {name: float(value) for name, value in logs.items()}


def _lock(started: Devices, model_dir: str, mode: str):
  """Holds the locks of the folder; the chief does so for all workers."""
  if workers.is_chief(started.strategy):
    return folder_lock.held(model_dir, mode)
  return contextlib.nullcontext(lambda _: None)


def _refuse_others(model_dir, resolved, started, overwrite) -> None:
  """Refuses other configs, in the folder or of workers; all workers call it."""
  run_record.refuse_other_config(
    model_dir, resolved.params, overwrite=overwrite
  )
  configs = workers.all_gather(
    started.strategy, run_record.to_yaml(resolved.params)
  )
  run_record.refuse_other_workers(configs)


def _prepare(model_dir, resolved, started, overwrite) -> None:
  """Writes the record of a run; all workers call it."""
  strategy = started.strategy
  if workers.is_chief(strategy):
    with saying('checking the last checkpoint'):
      faults = last_good.set_damaged_aside(model_dir)
    for fault in faults:
      print(f'{fault}; going on from the one before', file=sys.stderr)
    steps = resolved.params.trainer.train_steps
    print(folder_state.describe(model_dir, steps), file=sys.stderr)
    kept = run_record.write(
      model_dir, resolved, overwrite=overwrite, hardware=started.record()
    )
    if kept:
      print(f'note: the record of the other config is {kept}', file=sys.stderr)
    class_names.write(model_dir, resolved.params.task.train_data)
    derived = registry.build(resolved.params.task).derived()
    derived_values.keep(model_dir, derived, overwrite=overwrite)
    for line in sampling.write(model_dir, resolved.params.task.train_data):
      print(line, file=sys.stderr)
  workers.all_gather(strategy, None)  # Waits for the chief to move checkpoints.


def _run(built: assembly.Run, show: Callable[[str], Any]) -> None:
  """Runs to the end, with recoveries if the training diverges."""
  while True:
    try:
      built.runner.run()
      return
    except LoopError as fault:
      show(built.recoveries.recover(fault, built.runner))
      built.progress.restart_rate()


def _evaluate_continuously(started, model_dir, show) -> dict[str, Any]:
  """Evaluates the checkpoints of a training in another process."""
  started = _without_averages(started)
  with quiet_orbit():
    _, trainer = assembly.task_and_trainer(started, model_dir, train=False)
    progress = assembly.make_progress(
      started, trainer, model_dir, model_dir, show
    )
    continuous.evaluate(trainer, model_dir, progress, show)
  return progress.finish()


def _without_averages(started: Devices) -> Devices:
  """Drops the optimizer's averages: `restore` loads the averaged weights."""
  changed = {'optimizer_config': {'ema': None}}
  return started._replace(params=started.params.replace(trainer=changed))
