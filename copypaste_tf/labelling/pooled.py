"""Labels shards in the workers of a pool, such as those of Apache Beam."""

import functools
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

from copypaste_tf.labelling import shards
from copypaste_tf.labelling.shards import Job
from copypaste_tf.labelling.teacher import Teacher
from copypaste_tf.pools.pool import Pool, Work

_loaded: dict[str, Teacher] = {}
_loading = threading.Lock()


def label(
  job: Job,
  make_teacher: Callable[[], Teacher],
  missing: Sequence[int],
  pool: Pool,
) -> None:
  """Labels shards; a worker loads the model once.

  Args:
    job: the job.
    make_teacher: loads the model; picklable.
    missing: numbers of the shards.
    pool: who does it.

  Raises:
    ValueError: as `shards.write` does, in a worker.
  """
  function = functools.partial(_label, job=job, make_teacher=make_teacher)
  counts = [job.inputs.num_records(index) or 0 for index in missing]
  pool.run(
    Work(function, _nothing),
    dict.fromkeys(missing),
    images=sum(counts),
    prefix=job.output,
  )


def _label(
  index: int,
  task: None,
  on_image: Callable[[], None],
  *,
  job: Job,
  make_teacher: Callable[[], Teacher],
) -> dict[str, Any] | None:
  """Labels a shard, unless a worker that was lost has just done so."""
  del task
  if shards.is_finished(job, index):
    return None
  return shards.write(index, job, _teacher(job, make_teacher), on_image)


def _teacher(job: Job, make_teacher: Callable[[], Teacher]) -> Teacher:
  # A worker gets a copy of the function for each shard.
  key = json.dumps(job.made_with, sort_keys=True)
  with _loading:
    if key not in _loaded:
      _loaded[key] = make_teacher()
    return _loaded[key]


def _nothing() -> None:
  """Prepares nothing: a worker may use the accelerator of its machine."""
