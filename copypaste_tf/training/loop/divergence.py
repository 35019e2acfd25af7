"""Detects divergence of a training, and the examples that may cause it."""

import statistics
from collections.abc import Sequence

import numpy as np

# Largest and smallest number of earlier loops in the median loss.
_MAX_LOOPS, _MIN_LOOPS = 20, 5


class LoopError(Exception):
  """A loop of steps diverged; nothing of it has been saved.

  Attributes:
    reason: description of the fault, for the user.
    losses: `[steps, replicas]` float32 losses of the loop.
    step: index of the first step that shows the fault.
    suspects: indices of the steps whose examples are suspect.
    replicas: replicas whose examples are suspect.
  """

  def __init__(self, reason: str, losses: np.ndarray, step: int):
    super().__init__(reason)
    self.reason, self.losses, self.step = reason, losses, step
    all_replicas = range(losses.shape[1])
    bad = np.flatnonzero(~np.isfinite(losses[step]))
    if 0 < len(bad) < len(all_replicas):
      # The other replicas have the same weights and finite losses.
      self.suspects, self.replicas = [step], bad.tolist()
    else:
      # The gradient of the previous step may be the cause.
      self.suspects = list(range(max(step - 1, 0), step + 1))
      self.replicas = list(all_replicas)


class DivergenceDetector:
  """Decides whether a loop of steps diverged."""

  def __init__(self, explosion_factor: float):
    """Makes a detector that has seen no loop yet.

    Args:
      explosion_factor: see `Divergence`.
    """
    self._factor = explosion_factor
    self._past: list[float] = []

  def fault(self, losses: np.ndarray, finite: bool) -> LoopError | None:
    """Returns the fault of a loop, or remembers its loss if there is none.

    Args:
      losses: `[steps, replicas]` float32.
      finite: True if all variables of the model are finite.
    """
    bad = np.flatnonzero(~np.isfinite(losses).all(axis=1))
    if bad.size:
      value = losses[bad[0]].mean()
      return LoopError(f'the loss is {value}', losses, int(bad[0]))
    if not finite:
      # The last step is at fault: an earlier one would show in the losses.
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
    self._past = [*self._past, mean][-_MAX_LOOPS:]
    return None

  def _explodes(self, mean: float) -> bool:
    if not self._factor or len(self._past) < _MIN_LOOPS:
      return False
    return mean > self._factor * statistics.median(self._past)


def advice(common: Sequence[int], data_path: str) -> str:
  """Returns advice for a run that has diverged too often.

  Args:
    common: source ids that were suspect every time.
    data_path: path of the training records.
  """
  lines = []
  if common:
    ids = ','.join(map(str, common[:8]))
    lines.append(
      'The same images were at fault every time; look at them: python -m '
      f"tfrecord_tools.inspect_tfrecord --input='{data_path}' "
      f'--source_id={ids} --draw=suspects.png'
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
