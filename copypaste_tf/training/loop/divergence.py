"""Decides whether a training diverged, and which examples are suspect."""

import statistics
from collections.abc import Sequence

import numpy as np

# The mean loss of a loop is compared with at most and at least so many others.
_RECENT, _LEAST = 20, 5


class LoopError(Exception):
  """Reports a loop of steps that diverged, before anything is saved.

  Attributes:
    reason: description of the fault, for a person.
    losses: `[steps, replicas]` float32 losses of the loop.
    step: index of the first step that shows the fault.
    suspects: indices of the steps whose examples are suspect.
    replicas: replicas whose examples are suspect.
  """

  def __init__(self, reason: str, losses: np.ndarray, step: int):
    super().__init__(reason)
    self.reason, self.losses, self.step = reason, losses, step
    everyone = range(losses.shape[1])
    bad = np.flatnonzero(~np.isfinite(losses[step]))
    if 0 < len(bad) < len(everyone):
      # The other replicas have the same weights and finite losses.
      self.suspects, self.replicas = [step], bad.tolist()
    else:
      # The gradient of the previous step may be the cause.
      self.suspects = list(range(max(step - 1, 0), step + 1))
      self.replicas = list(everyone)


class Judge:
  """Decides whether a loop of steps diverged."""

  def __init__(self, explosion_factor: float):
    """Starts without earlier loops.

    Args:
      explosion_factor: see `Divergence`.
    """
    self._factor = explosion_factor
    self._past: list[float] = []

  def fault(self, losses: np.ndarray, finite: bool) -> LoopError | None:
    """Returns the fault of a loop; remembers its loss if there is none.

    Args:
      losses: `[steps, replicas]` float32.
      finite: True if all variables of the model are finite.
    """
    bad = np.flatnonzero(~np.isfinite(losses).all(axis=1))
    if bad.size:
      value = losses[bad[0]].mean()
      return LoopError(f'the loss is {value}', losses, int(bad[0]))
    if not finite:
      # The losses show an earlier fault, except that of an unused weight.
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
  """Returns advice for a run that diverges again and again.

  Args:
    common: source ids that were suspect every time.
    data_path: path of the training records.
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
