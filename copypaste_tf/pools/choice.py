"""Chooses the pool that the flags of a verb ask for."""

import importlib.util
import os

from copypaste_tf.pools import local_pool
from copypaste_tf.pools.pool import Pool


def choose(num_workers: int | None, beam_args: str | None) -> Pool:
  """Returns the pool that the user asked for.

  Args:
    num_workers: processes of this machine; None is one per available core.
    beam_args: flags of Apache Beam; None works on this machine.

  Raises:
    ValueError: Beam is not installed, or the flags contradict each other.
  """
  if beam_args is None:
    return local_pool.LocalPool(num_workers or len(os.sched_getaffinity(0)))
  if num_workers is not None:
    raise ValueError(
      f'--num_workers={num_workers} is of the pool on this machine; with '
      '--beam_args, give the flag of the runner, such as '
      '--beam_args="--runner=DirectRunner --direct_num_workers=4".'
    )
  if importlib.util.find_spec('apache_beam') is None:
    raise ValueError(
      '--beam_args needs Apache Beam, which is not installed: pip install '
      "'copypaste_tf[beam]'."
    )
  from copypaste_tf.pools import beam_pool

  return beam_pool.BeamPool(beam_args)
