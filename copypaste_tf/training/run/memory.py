"""Memory of this process and of its GPUs."""

import resource

import psutil
import tensorflow as tf

_MIB = 2**20


def rss_mib() -> float:
  """Returns the memory that the process has now, MiB."""
  return psutil.Process().memory_info().rss / _MIB


def peak_mib() -> float:
  """Returns the most memory that the process ever had, MiB (on Linux)."""
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_gib() -> dict[str, float]:
  """Returns the memory of a run, GiB.

  Returns:
    `host_memory_gib`, what this process has now; on GPUs `device_memory_gib`,
    the most that one of them had allocated since the last call.
  """
  values = {'host_memory_gib': rss_mib() / 1024}
  gpus = [f'GPU:{i}' for i in range(len(tf.config.list_logical_devices('GPU')))]
  if gpus:
    peaks = [tf.config.experimental.get_memory_info(g)['peak'] for g in gpus]
    values['device_memory_gib'] = max(peaks) / 2**30
    for gpu in gpus:
      tf.config.experimental.reset_memory_stats(gpu)
  return values
