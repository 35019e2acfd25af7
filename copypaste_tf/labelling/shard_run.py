"""Labels the shards of a job that are missing, and completes the set."""

import contextlib
import dataclasses
import functools
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import tqdm

from copypaste_tf import console
from copypaste_tf.labelling import (
  label_manifest,
  pooled,
  shard_files,
  shards,
  shares,
)
from copypaste_tf.labelling.shards import Job
from copypaste_tf.labelling.tally import Tally
from copypaste_tf.labelling.teacher import Teacher
from copypaste_tf.pools.pool import Pool

_EARLY = 500  # Images after which the gates judge the first shards.


@dataclasses.dataclass(frozen=True)
class Share:
  """The shards that this machine labels, as far as nobody works on them.

  Attributes:
    worker: number of this machine, from 0.
    workers: number of machines.
  """

  worker: int = 0
  workers: int = 1


class GateError(ValueError):
  """The labels make no sense; nobody should train on them."""


def label(
  job: Job,
  make_teacher: Callable[[], Teacher],
  share: Share,
  judge: Callable[[Tally], list[str]],
  *,
  overwrite: bool = False,
  elsewhere: Pool | None = None,
) -> dict[str, Any] | None:
  """Labels the missing shards of this machine, then completes the set.

  Args:
    job: the job.
    make_teacher: loads the model; called if there is something to label.
    share: the shards of this machine.
    judge: lists what is wrong with labels, given their counts. Called with the
      first shards, before most of the work is done, and with all of them.
    overwrite: whether to delete shards that were made in another way.
    elsewhere: labels the shards in its workers, in place of this process; the
      gates then judge the whole set only.

  Returns:
    The manifest; None if other machines have not finished their shards.

  Raises:
    GateError: `judge` finds problems. The shards stay, there is no manifest.
    LockedError: another process labels the same files in another way.
    ValueError: files of another job are in the way, or see `shards.write`.
  """
  shares.require_no_others(job)
  states = shards.prepare(job, overwrite=overwrite)
  missing = [i for i in range(len(job.inputs)) if i not in states]
  if states:
    print(f'{len(states)} of {len(job.inputs)} shards are finished already')
  missing = shares.numbered(missing, share.worker, share.workers)
  if missing and elsewhere:
    with shares.alone(job):
      pooled.label(job, make_teacher, missing, elsewhere)
  elif missing:
    _label_missing(job, functools.cache(make_teacher), missing, judge)
  return _complete(job, judge)


def _label_missing(job, make_teacher, missing, judge) -> None:
  seen = Tally()
  judged = False
  counts = [job.inputs.num_records(index) for index in missing]
  images = None if None in counts else sum(counts)
  with (
    tqdm.tqdm(total=images, unit='image', smoothing=0.05) as bar,
    contextlib.closing(shares.claimed(missing, job)) as order,
  ):
    for index in order:
      # Loaded once, by a process that has a shard to label.
      teacher = make_teacher()
      bar.unpause()
      began = time.monotonic()
      state = shards.write(
        index, job, teacher, functools.partial(bar.update, 1)
      )
      tally = Tally.from_json(state['tally'])
      line = _line(job, index, tally, time.monotonic() - began)
      bar.write(line, file=sys.stderr)
      if not judged:
        seen.add(tally)
        judged = seen.images >= _EARLY
        _require(judge(seen) if judged else [])


def _line(job: Job, index: int, tally: Tally, seconds: float) -> str:
  text = (
    f'shard {index} of {len(job.inputs)}: {tally.num_examples} images, '
    f'{tally.num_annotations} labels, '
    f'{tally.images / max(seconds, 1e-3):.1f} images/s, '
    f'{console.duration(seconds)}'
  )
  dropped = tally.images_dropped.total()
  return f'{text}, {dropped} images left out' if dropped else text


def _complete(
  job: Job, judge: Callable[[Tally], list[str]]
) -> dict[str, Any] | None:
  """Writes the manifest if all shards are there."""
  states: Mapping[int, Any] = shards.finished(job)
  if len(states) < len(job.inputs):
    # Another machine may have removed the states that were being read.
    states = shards.finished(job)
  if len(states) < len(job.inputs):
    return None
  _require(judge(label_manifest.total(states)))
  return label_manifest.write(job, states)


def _require(problems: list[str]) -> None:
  if problems:
    raise GateError('\n'.join(problems))


def left(job: Job) -> int:
  """Returns the number of shards that are not finished."""
  return len(job.inputs) - len(shards.finished(job))


def manifest_path(job: Job) -> str:
  """Returns the path of the manifest of a job."""
  return shard_files.manifest_path(job.output)
