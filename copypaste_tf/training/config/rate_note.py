"""Notes a learning rate that is far from the linear scaling rule.

The rule scales the rate with the number of images of a step. A recipe of this
package is the reference: the rate that it binds, and the batch size in the
file that binds the rate.
"""

import pathlib
from collections.abc import Sequence

from official.core import config_definitions as cfg

from copypaste_tf.config import gin_paths
from copypaste_tf.config.gin_bindings import Binding

_RATE = 'schedule.learning_rate'
_BATCH = ('BATCH_SIZE', 'TrainData.global_batch_size')
# The defaults of `schedule` and of `TrainData`.
_REFERENCE = (0.32, 256)
_FAR = 2.01  # Half or twice the rate is no mistake.


def note(
  params: cfg.ExperimentConfig, statements: Sequence[Binding]
) -> str | None:
  """Returns a note on a rate that does not fit the batch, or None.

  Args:
    params: the config.
    statements: all bindings of the gin files and flags, in their order.
  """
  rate = _rate(params.trainer.optimizer_config.learning_rate.get())
  batch = params.task.train_data.global_batch_size
  if not statements or not rate or batch < 1:
    return None
  reference_rate, reference_batch = _reference(statements)
  expected = reference_rate * batch / reference_batch
  if 1 / _FAR < rate / expected < _FAR:
    return None
  return (
    f'{_RATE} = {rate:g} with batches of {batch}: the recipe has '
    f'{reference_rate:g} for batches of {reference_batch}, and the linear rule '
    f"gives {expected:.3g}: --gin_params='{_RATE} = {expected:.3g}' "
    f"--gin_params='schedule.warmup_learning_rate = {expected / 100:.3g}'"
  )


def _rate(schedule) -> float | None:
  """Returns the first rate of a schedule of Model Garden; None if unknown."""
  if getattr(schedule, 'values', None):
    return schedule.values[0]
  rate = getattr(schedule, 'learning_rate', None)
  rate = getattr(schedule, 'initial_learning_rate', rate)
  return rate if isinstance(rate, (int, float)) else None


def _reference(statements: Sequence[Binding]) -> tuple[float, int]:
  """Returns the rate of the recipe, and the images of its batch."""
  rate, batch = _REFERENCE
  ours = [b for b in statements if _is_ours(b)]
  rates = [b for b in ours if b.name == _RATE and _is_number(b.value)]
  if not rates:
    return rate, batch
  file = _file(rates[-1])
  end = max(k for k, b in enumerate(ours) if _file(b) == file) + 1
  batches = [
    b.value for b in ours[:end] if b.name in _BATCH and _is_number(b.value)
  ]
  return rates[-1].value, (batches or [batch])[-1]


def _is_ours(binding: Binding) -> bool:
  recipes = pathlib.Path(gin_paths.recipe_folder())
  path = recipes.parent / _file(binding)
  return path.is_relative_to(recipes) and path.exists()


def _file(binding: Binding) -> str:
  return binding.where.rpartition(':')[0]


def _is_number(value) -> bool:
  return isinstance(value, (int, float)) and value > 0
