"""Evaluates the checkpoints of a training that runs in another process."""

import os
import time
from collections.abc import Callable, Collection, Iterator

import orbit
import tensorflow as tf
from official.core import base_trainer

from copypaste_tf.console import duration
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checkpoints.restore import restore
from copypaste_tf.training.run.progress import Progress

_STEP = 'global_step/.ATTRIBUTES/VARIABLE_VALUE'
_POLL_SECONDS = 1.0


def evaluate(
  trainer: base_trainer.Trainer,
  model_dir: str,
  progress: Progress,
  show: Callable[[str], None],
) -> None:
  """Evaluates each checkpoint of a folder once, until that of the last step.

  A checkpoint that is pruned or cannot be read is skipped, and a line says so.
  The files of the training are not changed.

  Args:
    trainer: trainer without training inputs.
    model_dir: folder of the training; it may still be empty.
    progress: reports evaluations; steps in its history are skipped.
    show: prints a line.

  Raises:
    ValueError: no checkpoint came for `trainer.continuous_eval_timeout`
      seconds, or a checkpoint is of another model.
  """
  config = trainer.config.trainer
  controller = orbit.Controller(
    strategy=trainer.strategy,
    evaluator=trainer,
    global_step=trainer.global_step,
    eval_summary_dir=os.path.join(model_dir, config.validation_summary_subdir),
    eval_actions=[progress.evaluated],
  )
  for path in new_checkpoints(
    model_dir,
    done=progress.evaluated_steps,
    last_step=config.train_steps,
    timeout=config.continuous_eval_timeout,
    show=show,
  ):
    why = _restore(trainer, path)
    if why:
      show(f'{path}: {why}; left out')
      continue
    with trainer.strategy.scope():
      controller.evaluate(steps=config.validation_steps)


def new_checkpoints(
  model_dir: str,
  *,
  done: Collection[int],
  last_step: int,
  timeout: float | None,
  show: Callable[[str], None],
) -> Iterator[str]:
  """Yields each checkpoint of a training once, in the order of the steps.

  The checkpoint of step 0 is skipped, since nothing was learned yet.

  Args:
    model_dir: folder of the training.
    done: steps to skip.
    last_step: step of the last checkpoint.
    timeout: seconds to wait for the next one; None waits forever.
    show: prints a line when the wait for a checkpoint begins.

  Raises:
    ValueError: no checkpoint came within `timeout`.
  """
  done, began, announced = {0, *done}, time.monotonic(), False
  while max(done) < last_step:
    paths = {
      last_good.step_of(x): x for x in last_good.list_checkpoints(model_dir)[0]
    }
    new = sorted(paths.keys() - done)
    if new:
      yield paths[new[0]]
      done.add(new[0])
      began, announced = time.monotonic(), False
      continue
    if not announced:
      show(_waiting(max(done), last_step, timeout))
      announced = True
    if timeout is not None and time.monotonic() - began >= timeout:
      raise ValueError(
        f'no checkpoint of {model_dir} after step {max(done)} of {last_step} '
        f'for {duration(timeout)}; is the training over? '
        'trainer.continuous_eval_timeout says how long to wait, in seconds'
      )
    time.sleep(_POLL_SECONDS)


def _waiting(step: int, last_step: int, timeout: float | None) -> str:
  limit = '' if timeout is None else f', for at most {duration(timeout)}'
  return f'step {step}/{last_step}  waiting for the next checkpoint{limit}'


def _restore(trainer: base_trainer.Trainer, path: str) -> str | None:
  """Restores weights and step; returns the reason if that is not possible."""
  try:
    restore(trainer.model, path)
    step = tf.train.load_checkpoint(path).get_tensor(_STEP)
  except (ValueError, *last_good.UNREADABLE):
    if not tf.io.gfile.exists(f'{path}.index'):
      return 'was deleted meanwhile'
    why = last_good.fault(path)
    if why is None and tf.io.gfile.exists(f'{path}.index'):
      raise  # The checkpoint is complete, but of another model.
    return why or 'was deleted meanwhile'
  trainer.global_step.assign(step)
  return None
