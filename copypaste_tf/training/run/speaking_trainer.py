"""Says what a trainer does while it is silent: compiling and evaluating."""

import functools
from typing import Any

import tensorflow as tf

from copypaste_tf.console import saying
from copypaste_tf.inputs import data_files
from copypaste_tf.training.loop.guarded_trainer import GuardedTrainer


class SpeakingTrainer(GuardedTrainer):
  """Names its work on the console if it takes long.

  It names the first loop of training steps; a line of progress follows each
  loop. It names all evaluations, and how far they are.
  """

  def __init__(self, *args, **kwargs):
    """Makes the trainer of a run, in the scope of its strategy.

    Args:
      *args: arguments of `GuardedTrainer`.
      **kwargs: arguments of `GuardedTrainer`.
    """
    super().__init__(*args, **kwargs)
    self._compiled, self._activity, self._steps = False, None, 0

  def train(self, num_steps: tf.Tensor) -> dict[str, Any]:
    """Takes `num_steps` training steps, an int32 scalar; the first compiles."""
    if self._compiled:
      return super().train(num_steps)
    count = int(num_steps)
    with saying(
      f'compiling the training step, then {count} step{"s" * (count > 1)}'
    ):
      logs = super().train(num_steps)
    self._compiled = True
    return logs

  def evaluate(self, num_steps: tf.Tensor) -> dict[str, Any]:
    """Evaluates the model on `num_steps` batches, an int32 scalar."""
    self._steps = 0
    with saying('evaluating') as self._activity:
      return super().evaluate(num_steps)

  def eval_reduce(self, state: Any = None, step_outputs: Any = None) -> Any:
    """Adds the outputs of a step."""
    self._steps += 1
    data = self.config.task.validation_data
    images, total = self._steps * data.global_batch_size, self._num_images
    if total is None or images < total:
      self._activity.update(images, total, 'images')
    else:
      self._activity.update(total, None, 'images, computing the metrics')
    return super().eval_reduce(state, step_outputs)

  @functools.cached_property
  def _num_images(self) -> int | None:
    """Number of evaluation images; None if no manifest tells it."""
    return data_files.known_count(self.config.task.validation_data.input_path)
