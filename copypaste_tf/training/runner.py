"""Runs a config: strategy, task, Orbit trainer, actions, record, results."""

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
import tf_keras
from absl import logging
from official.core import base_trainer, train_lib, train_utils
from official.core import config_definitions as cfg
from official.modeling import performance

from copypaste_tf.training import (
  checkpoints,
  devices,
  pipeline,
  run_record,
  workers,
)
from copypaste_tf.training.devices import Devices
from copypaste_tf.training.gin_config import Resolved
from copypaste_tf.training.preemption import Preemption
from copypaste_tf.training.progress import Panels, Progress
from copypaste_tf.training.restore import restore
from copypaste_tf.training.task import CopyPasteTask

MODES = ('train', 'eval', 'train_and_eval', 'continuous_eval')


def run(
  resolved: Resolved,
  model_dir: str,
  mode: str,
  *,
  overwrite_record: bool = False,
  started: Devices | None = None,
) -> dict[str, Any]:
  """Trains or evaluates.

  Args:
    resolved: the config, checked.
    model_dir: folder for checkpoints, summaries and the record.
    mode: one of `MODES`.
    overwrite_record: accept another config's record in `model_dir`.
    started: of `devices.start`, for several workers before anything else;
      None starts them here.

  Returns:
    What `results.json` holds: step, seconds, last losses, last metrics.

  Raises:
    ValueError: the folder holds another config's run, there is no checkpoint
      to evaluate, no checkpoint can be read, a record does not decode, the
      hardware is not that of the config, or workers disagree.
    Preempted: SIGTERM came; a checkpoint was written.
  """
  if mode == 'eval' and not tf.train.latest_checkpoint(model_dir):
    raise ValueError(
      f'--mode=eval needs a checkpoint, and {model_dir} has none'
    )
  started = started or devices.start(resolved.params)
  if mode == 'continuous_eval' and workers.position(started.strategy)[1] > 1:
    raise ValueError(f'--mode={mode} is for one machine: --strategy=mirrored')
  started.tell(mode)
  show = _Printer(sys.stdout)
  # An evaluator beside a trainer leaves the trainer's record alone.
  if 'train' in mode:
    _prepare(model_dir, resolved, started, overwrite_record)
  data = started.params.task.train_data
  with (
    workers.output_folder(started.strategy, model_dir) as folder,
    pipeline.input_errors(data),
    _quiet_orbit(),
  ):
    runner, progress = _build(started, model_dir, folder, mode, show)
    preemption = _preemption(runner, show)
    with preemption.listening():
      runner.run()
    if 'train' in mode:
      run_record.write_operative(folder)
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
  started = devices.start(devices.alone(params))
  started.tell('eval')
  with _quiet_orbit():
    task, trainer = _trainer(started, model_dir, train=False)
    restore(trainer.model, checkpoint)
    with started.strategy.scope():
      logs = trainer.evaluate(tf.constant(-1))
  return {name: float(value) for name, value in logs.items()}


def _prepare(model_dir, resolved, started, overwrite):
  """Makes the folder of a run ready, for all workers."""
  strategy = started.strategy
  run_record.refuse_another(model_dir, resolved.params, overwrite=overwrite)
  run_record.refuse_other_workers(
    workers.from_all(strategy, run_record.to_yaml(resolved.params))
  )
  if workers.is_chief(strategy):
    run_record.write(
      model_dir, resolved, overwrite=overwrite, hardware=started.record()
    )
    for fault in checkpoints.set_damaged_aside(model_dir):
      print(f'{fault}; going on from the one before', file=sys.stderr)
  workers.from_all(strategy, None)  # Nobody reads checkpoints before.


def _trainer(started, model_dir, *, train, evaluate=True):
  """Builds task and trainer."""
  params = started.params
  performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
  # Of the first weights, and of what layers draw.
  tf_keras.utils.set_random_seed(params.task.train_data.seed)
  with started.strategy.scope():
    task = CopyPasteTask(params.task, logging_dir=model_dir)
    trainer = train_utils.create_trainer(
      params, task, train=train, evaluate=evaluate
    )
    if train:
      # Left to the first step, they are made within its graph, which then is
      # traced twice and, with several replicas, does not run.
      trainer.optimizer._create_all_weights(trainer.model.trainable_variables)
  return task, trainer


def _build(started, model_dir, folder, mode, show):
  """Builds Model Garden's runner, with our actions."""
  train, params = 'train' in mode, started.params
  chief = workers.is_chief(started.strategy)
  task, trainer = _trainer(
    started, folder, train=train, evaluate='eval' in mode
  )
  progress = Progress(
    folder,
    trainer.global_step,
    total_steps=params.trainer.train_steps,
    batch_size=params.task.train_data.global_batch_size,
    write=show if chief else str,
  )
  runner = train_lib.OrbitExperimentRunner(
    started.strategy,
    task,
    mode,
    params,
    folder,
    trainer=trainer,
    train_actions=[progress],
    eval_actions=[progress.evaluated],
  )
  workers.restore(runner, model_dir)
  if train:
    _go_on(trainer)
  if train and chief and params.task.panels_every:
    panels = Panels(
      model_dir,
      params.task.train_data,
      tuple(params.task.model.input_size[:2]),
      every=params.task.panels_every,
      global_step=trainer.global_step,
    )
    runner.controller.train_actions += (panels,)
  return runner, progress


def _preemption(runner, show) -> Preemption:
  """Returns what saves before a run ends that is asked to."""

  def save():
    step = int(runner.controller.global_step.numpy())
    runner.checkpoint_manager.save(checkpoint_number=step, check_interval=False)

  def anyone(asked: bool) -> bool:
    return any(workers.from_all(runner.strategy, asked))

  preemption = Preemption(save, show, anyone)
  if runner.controller.train_actions:
    runner.controller.train_actions += (preemption,)
  return preemption


def _go_on(trainer: base_trainer.Trainer) -> None:
  """Lets the inputs of a restored trainer go on with the next example."""
  step = int(trainer.global_step.numpy())
  if step:
    trainer.train_dataset = trainer.distribute_dataset(
      trainer.task.build_inputs,
      trainer.config.task.train_data,
      start_step=step,
    )


class _Printer:
  """Prints at once, to what was the standard output when it was made."""

  def __init__(self, stream):
    self._stream = stream

  def __call__(self, line: str) -> None:
    print(line, file=self._stream, flush=True)


class _Log(io.TextIOBase):
  """A stream that goes to the log, for those who raise its verbosity."""

  def write(self, text: str) -> int:
    if text.strip():
      logging.debug(text.rstrip())
    return len(text)


@contextlib.contextmanager
def _quiet_orbit() -> Iterator[None]:
  """Sends Orbit's many-line prints to the log; ours has one line."""
  with contextlib.redirect_stdout(_Log()):
    yield
