"""Chooses the pool that the flags of a verb ask for."""

import importlib.util
import logging
import os
import types

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
  return _import_quietly().BeamPool(beam_args)


def _import_quietly() -> types.ModuleType:
  """Imports the pool without Beam's warnings of clouds that it cannot reach.

  They are about Beam's own files, which this package does not use.
  """
  before = logging.root.manager.disable
  logging.disable(logging.WARNING)
  try:
    from copypaste_tf.pools import beam_pool
  finally:
    logging.disable(before)
  return beam_pool
