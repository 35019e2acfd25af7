"""Checks that nothing needs masks where a training reads boxes alone."""

from collections.abc import Iterator

from copypaste_tf.augment import traits
from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import composing
from copypaste_tf.tasks.detection import losses
from copypaste_tf.tasks.detection.config import TaskConfig

_FIELD = 'task.train_data.masks'


def problems(config: TaskConfig) -> Iterator[Problem]:
  """Finds uses of masks that `TrainData.masks = False` does not read.

  Args:
    config: config of the task.
  """
  if config.train_data.masks:
    return
  composition = composing.named(config.train_data)
  if config.train_data.composes() and traits.needs_masks(composition):
    yield Problem(
      _FIELD,
      'objects are pasted by their masks, which False does not read; set '
      "TrainData.copy_paste = None and TrainData.composition = '' to train on "
      'boxes alone',
    )
  if 'mask_loss' in losses.weights(config):
    yield Problem(
      _FIELD,
      'the mask head learns from masks, which False does not read; set '
      "model.overrides = {'include_mask': False}, or loss_weights.mask = 0 to "
      'keep the head as it is',
    )
