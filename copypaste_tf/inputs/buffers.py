"""Limits the work that the input pipeline does ahead of the training."""

import os
from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.inputs.data_config import TrainData

# Other machines may have another number of cores, and the hosts that share a
# job of a service must ask for the same.
_CALLS_ON_SERVICE = 16
_LEAST = 2


class Ahead(NamedTuple):
  """The work that is done ahead.

  Attributes:
    calls: largest number of parallel calls.
    mib: memory in MiB for batches.
  """

  calls: int
  mib: int

  def batches(self, *specs: Any) -> int:
    """Returns how many batches to make at the same time or to keep.

    Args:
      *specs: `element_spec` of each dataset that holds such a batch.
    """
    fitting = self.mib * 2**20 // sum(map(num_bytes, specs))
    return max(_LEAST, min(fitting, self.calls))


def ahead(data: TrainData) -> Ahead:
  """Returns how much work a config permits ahead of the training."""
  calls = _CALLS_ON_SERVICE if data.data_service else cores()
  return Ahead(calls, data.prefetch_mib)


def cores() -> int:
  """Returns the number of cores that this process may use."""
  if hasattr(os, 'sched_getaffinity'):  # Linux
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def num_bytes(spec: Any) -> int:
  """Returns the bytes of an element of static shape; absent parts have none."""
  return sum(
    part.shape.num_elements() * part.dtype.size
    for part in tf.nest.flatten(spec)
    if isinstance(part, tf.TensorSpec)
  )
