"""Restores the last checkpoint of a diverged run and skips suspect examples.

After a recovery, the position of the inputs is ahead of the global step.
`divergence.jsonl` in the folder of the run has a line for each recovery, with
the restored step and the position at that step.
"""

import os
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from official.core import base_trainer, train_lib

from copypaste_tf import whole_files
from copypaste_tf.inputs import pipeline, record_sets
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.loop import divergence, workers
from copypaste_tf.training.loop.divergence import LoopError

FILE = 'divergence.jsonl'
_SHOWN_STEPS = 5


class DivergedError(ValueError):
  """The run diverged more often than it may; the message is a report."""


class Recoveries:
  """Tracks the position of the inputs and recovers from divergence."""

  def __init__(self, model_dir: str, trainer: base_trainer.Trainer):
    """Reads the earlier recoveries.

    Args:
      model_dir: folder of the run.
      trainer: trainer, restored from its last checkpoint.
    """
    self._path = os.path.join(model_dir, FILE)
    self._trainer = trainer
    self._config = trainer.config.task
    self._rows = whole_files.read_rows(self._path)
    step = int(trainer.global_step.numpy())
    # Ignores rows newer than the restored step; their checkpoints are lost.
    self._skips = [row for row in self._rows if row['restored'] <= step]

  def position(self) -> int:
    """Returns the number of steps whose examples were used or skipped."""
    step = int(self._trainer.global_step.numpy())
    if not self._skips:
      return step
    last = self._skips[-1]
    return step + last['position'] - last['restored']

  def place_inputs(self) -> tf.distribute.InputContext:
    """Moves the inputs to `position`; returns the context of one host."""
    contexts, position = [], self.position()

    def build(input_context):
      contexts.append(input_context)
      return self._trainer.task.build_inputs(
        self._config.train_data, input_context, start_step=position
      )

    self._trainer.train_dataset = self._trainer.distribute_dataset(build)
    return contexts[0]

  def recover(self, fault: LoopError, runner: train_lib.OrbitExperimentRunner):
    """Restores the last checkpoint and continues with the next examples.

    Args:
      fault: error of the last loop.
      runner: runner of the run.

    Returns:
      A line for the user.

    Raises:
      DivergedError: the run diverged more often than it may.
    """
    step, position = int(self._trainer.global_step.numpy()), self.position()
    first = step - len(fault.losses)
    # All workers restore the checkpoint of the chief.
    checkpoint = last_good.latest(os.path.dirname(self._path))
    runner.controller.restore_checkpoint(checkpoint)
    # Resets Orbit's rate, which would count the restored steps.
    runner.controller.step_timer = None
    row = {
      'step': first + fault.step + 1,
      'reason': fault.reason,
      'losses': dict(_losses(fault, first)),
      'checkpoint': checkpoint,
      'restored': int(self._trainer.global_step.numpy()),
      'position': position,
    }
    self._skips.append(row)
    context = self.place_inputs()
    offset = position - step + first
    row['steps'] = [first + index + 1 for index in fault.suspects]
    row['source_ids'] = self._source_ids(
      [offset + index for index in fault.suspects], fault.replicas, context
    )
    self._rows.append(row)
    if workers.is_chief(runner.strategy):
      whole_files.write_rows(self._path, self._rows)
    limit = self._config.divergence.max_recoveries
    if len(self._rows) > limit:
      raise DivergedError(self._report(limit))
    return (
      f'diverged at step {row["step"]}: {row["reason"]}; restores step '
      f'{row["restored"]} and skips the examples up to step {step}, '
      f'recovery {len(self._rows)} of {limit}; their ids are in {self._path}'
    )

  def _source_ids(
    self,
    positions: Sequence[int],
    replicas: Sequence[int],
    context: tf.distribute.InputContext,
  ) -> list[int] | None:
    """Returns the suspects' ids; None if the order cannot be repeated."""
    data = self._config.train_data
    if data.data_service or not data.deterministic:
      return None
    suspects = set()
    for position in positions:
      for ids in source_ids(
        data,
        self._trainer.task.task.output_size,
        position,
        replicas,
        hosts=context.num_input_pipelines,
        num_replicas=context.num_replicas_in_sync,
      ):
        suspects |= set(ids)
    return sorted(suspects)

  def _report(self, limit: int) -> str:
    lines = [
      f'The training diverged {len(self._rows)} times; '
      f'Divergence.max_recoveries = {limit}.'
    ]
    for row in self._rows:
      losses = ', '.join(f'{s}: {x}' for s, x in row['losses'].items())
      lines += [
        f'  step {row["step"]}: {row["reason"]} (losses by step {losses})',
        f'    images of steps {row["steps"]}: {_shortened(row["source_ids"])}',
      ]
    suspects = [set(row['source_ids'] or ()) for row in self._rows]
    common = sorted(set.intersection(*suspects)) if len(suspects) > 1 else []
    lines += [
      f'All of it is in {self._path}. The weights of step '
      f'{self._rows[-1]["restored"]} are the last good ones: '
      f'{self._rows[-1]["checkpoint"]}',
      divergence.advice(common, record_sets.patterns(self._config.train_data)),
    ]
    return '\n'.join(lines)


def source_ids(
  data: TrainData,
  output_size: tuple[int, int],
  position: int,
  replicas: Sequence[int],
  *,
  hosts: int = 1,
  num_replicas: int = 1,
) -> Iterator[list[int]]:
  """Yields the source ids of the batches of some replicas in a step.

  Reads the inputs again: their order depends only on the config.

  Args:
    data: config of the training inputs, in a deterministic order.
    output_size: height and width of the canvas in pixels.
    position: number of steps whose examples are skipped.
    replicas: indices of the replicas, counted over all hosts.
    hosts: number of hosts that read the inputs.
    num_replicas: number of replicas of all hosts.
  """
  replicas_per_host = num_replicas // hosts
  for host in sorted({replica // replicas_per_host for replica in replicas}):
    context = tf.distribute.InputContext(hosts, host, num_replicas)
    stages = pipeline.train_stages(
      # Skips the augmentation, which does not change the ids.
      data.replace(augment_on='device'),
      output_size,
      context,
      start_step=position,
    )
    for index, batch in enumerate(stages['seed'].take(replicas_per_host)):
      if host * replicas_per_host + index in replicas:
        scenes = [s for s in (batch.targets, batch.sources) if s is not None]
        ids = np.concatenate([s.source_id.numpy() for s in scenes])
        yield sorted(set(ids.tolist()))


def _losses(fault: LoopError, first: int) -> Iterator[tuple[int, float | str]]:
  """Yields step and mean loss up to the fault; NaN as a string, for JSON."""
  means = fault.losses.mean(axis=1)
  for index in range(max(fault.step + 1 - _SHOWN_STEPS, 0), fault.step + 1):
    loss = float(means[index])
    yield first + index + 1, loss if np.isfinite(loss) else str(loss)


def _shortened(ids: Sequence[int] | None) -> str:
  if ids is None:
    return 'unknown, since TrainData.deterministic is off'
  return ', '.join([*map(str, ids[:16]), *(['...'] if ids[16:] else [])])
