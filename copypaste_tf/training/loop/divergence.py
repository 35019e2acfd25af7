"""When a training has diverged, and which of its examples may be why."""

import statistics
from collections.abc import Sequence

import numpy as np

# Loops whose mean loss a loop is compared with, and how many there must be.
_RECENT, _LEAST = 20, 5


class LoopError(Exception):
  """A loop of steps that diverged; it is raised before anything is saved.

  Attributes:
    reason: what is wrong, for a person.
    losses: `[steps, replicas]` float32, those of the loop.
    step: index of the first step that shows it.
    suspects: indices of the steps whose examples may be at fault.
    replicas: those whose examples may be at fault.
  """

  def __init__(self, reason: str, losses: np.ndarray, step: int):
    super().__init__(reason)
    self.reason, self.losses, self.step = reason, losses, step
    everyone = range(losses.shape[1])
    bad = np.flatnonzero(~np.isfinite(losses[step]))
    if 0 < len(bad) < len(everyone):
      # The others have the same weights and are fine.
      self.suspects, self.replicas = [step], bad.tolist()
    else:
      # The step may suffer from the gradient of the one before.
      self.suspects = list(range(max(step - 1, 0), step + 1))
      self.replicas = list(everyone)


class Judge:
  """Tells a loop of steps that diverged from the others."""

  def __init__(self, explosion_factor: float):
    """Starts without a past.

    Args:
      explosion_factor: see `Divergence`.
    """
    self._factor = explosion_factor
    self._past: list[float] = []

  def fault(self, losses: np.ndarray, finite: bool) -> LoopError | None:
    """Judges a loop; remembers it if it is fine.

    Args:
      losses: `[steps, replicas]` float32.
      finite: whether all variables of the model are.
    """
    bad = np.flatnonzero(~np.isfinite(losses).all(axis=1))
    if bad.size:
      value = losses[bad[0]].mean()
      return LoopError(f'the loss is {value}', losses, int(bad[0]))
    if not finite:
      # An earlier update would show in the losses, but for unused weights.
      return LoopError(
        'weights or moving averages are not finite', losses, len(losses) - 1
      )
    mean = float(losses.mean())
    if self._explodes(mean):
      usual = statistics.median(self._past)
      return LoopError(
        f'the mean loss is {mean:.4g}, more than '
        f'Divergence.explosion_factor = {self._factor:g} times the usual '
        f'{usual:.4g}',
        losses,
        int(losses.mean(axis=1).argmax()),
      )
    self._past = [*self._past, mean][-_RECENT:]
    return None

  def _explodes(self, mean: float) -> bool:
    if not self._factor or len(self._past) < _LEAST:
      return False
    return mean > self._factor * statistics.median(self._past)


def advice(common: Sequence[int], data_path: str) -> str:
  """Returns what to try when a run diverges again and again.

  Args:
    common: source ids that were at fault every time.
    data_path: of the training records.
  """
  lines = []
  if common:
    some = ','.join(map(str, common[:8]))
    lines.append(
      'The same images were at fault every time; look at them: python -m '
      f"tfrecord_tools.inspect_tfrecord --input='{data_path}' "
      f'--source_id={some} --draw=suspects.png'
    )
  return '\n'.join(
    [
      *lines,
      'Lower schedule.learning_rate, raise schedule.warmup_steps, or set '
      'schedule.clip_norm (docs/training.md, "When it diverges"); then go on '
      'with --overwrite_record, or start in another --model_dir. To go on as '
      'it is, raise Divergence.max_recoveries.',
    ]
  )
