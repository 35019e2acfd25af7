"""Builds the optimizer and the learning rate schedule of the paper."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gin
from official.modeling import optimization


class Schedule(NamedTuple):
  """Number of training steps, and the optimizer.

  Attributes:
    train_steps: number of optimizer steps.
    optimizer: Model Garden's optimizer config.
    weight_decay: coefficient of half the squared L2 norm of the kernels.
  """

  train_steps: int
  optimizer: optimization.OptimizationConfig
  weight_decay: float


@gin.configurable
def schedule(
  *,
  train_steps: int = 270_000,
  learning_rate: float = 0.32,
  warmup_learning_rate: float = 0.0032,
  warmup_steps: int = 1000,
  shape: str = 'steps',
  drops: Sequence[float] = (0.9, 0.95, 0.975),
  drop_factor: float = 0.1,
  momentum: float = 0.9,
  weight_decay: float = 4e-5,
  clip_norm: float | None = None,
  ema_decay: float | None = None,
) -> Schedule:
  """Returns SGD with momentum, linear warm-up and step decay (Section 4.1).

  Args:
    train_steps: number of optimizer steps.
    learning_rate: learning rate after the warm-up; it is not scaled with the
      batch size.
    warmup_learning_rate: learning rate at step 0.
    warmup_steps: steps of the linear warm-up.
    shape: `steps` drops the rate at `drops`; `cosine` lowers it along half a
      cosine, from step 0 to 0 at the last step.
    drops: steps at which the learning rate drops, as fractions of
      `train_steps`; only read with `steps`.
    drop_factor: factor of the learning rate at each drop.
    momentum: momentum of SGD.
    weight_decay: coefficient of half the squared L2 norm of the kernels.
    clip_norm: upper limit of the global gradient norm of the whole batch, with
      weight decay; a larger gradient is scaled down. None does not clip.
    ema_decay: decay of the moving averages of the weights, which are then
      evaluated in place of the weights. None keeps none, as in the paper.

  Returns:
    The `Schedule`.

  Raises:
    ValueError: there is no such shape.
  """
  if shape == 'cosine':
    rate = _cosine(learning_rate, train_steps)
  elif shape == 'steps':
    steps = [round(drop * train_steps) for drop in drops]
    rate = _rate(learning_rate, steps, drop_factor)
  else:
    raise ValueError(
      f"schedule.shape must be 'steps' or 'cosine', got {shape!r}."
    )
  optimizer = optimization.OptimizationConfig(
    {
      'optimizer': {
        'type': 'sgd',
        'sgd': {'momentum': momentum, 'global_clipnorm': clip_norm},
      },
      'ema': None if ema_decay is None else {'average_decay': ema_decay},
      'learning_rate': rate,
      'warmup': {
        'type': 'linear',
        'linear': {
          'warmup_steps': warmup_steps,
          'warmup_learning_rate': warmup_learning_rate,
        },
      },
    }
  )
  return Schedule(train_steps, optimizer, weight_decay)


def _cosine(first: float, steps: int) -> dict[str, Any]:
  """Returns Model Garden's config of a cosine that ends at 0."""
  settings = {'initial_learning_rate': first, 'decay_steps': steps}
  return {'type': 'cosine', 'cosine': settings}


def _rate(first: float, drops: Sequence[int], factor: float) -> dict[str, Any]:
  """Returns Model Garden's config of a learning rate with step decay."""
  if not drops:  # Keras requires at least one boundary.
    return {'type': 'constant', 'constant': {'learning_rate': first}}
  # A plain product would print as 0.0032000000000000006.
  values = [float(f'{first * factor**i:.12g}') for i in range(len(drops) + 1)]
  return {
    'type': 'stepwise',
    'stepwise': {'boundaries': list(drops), 'values': values},
  }
