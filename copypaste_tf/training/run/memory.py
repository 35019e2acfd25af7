"""Measures the memory of this process and of its GPUs."""

import pathlib
import resource
import sys

import psutil
import tensorflow as tf

_MIB = 2**20
_STATUS = pathlib.Path('/proc/self/status')


def rss_mib() -> float:
  """Returns the resident memory of this process in MiB."""
  return psutil.Process().memory_info().rss / _MIB


def peak_mib() -> float:
  """Returns the largest resident memory of this process so far in MiB.

  On a system without /proc the result may be too large: it then includes the
  peak of the process that started this one.
  """
  if not _STATUS.exists():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (_MIB if sys.platform == 'darwin' else 1024)
  lines = _STATUS.read_text().splitlines()
  (peak,) = [line for line in lines if line.startswith('VmHWM')]
  return int(peak.split()[1]) / 1024


def memory_gib() -> dict[str, float]:
  """Measures the memory of a run in GiB, and resets the peaks of the GPUs.

  Returns:
    `host_memory_gib`, the resident memory of this process. With GPUs, also
    `device_memory_gib`, the largest allocation of one GPU since the last call.
  """
  values = {'host_memory_gib': rss_mib() / 1024}
  gpus = [f'GPU:{i}' for i in range(len(tf.config.list_logical_devices('GPU')))]
  if gpus:
    peaks = [tf.config.experimental.get_memory_info(g)['peak'] for g in gpus]
    values['device_memory_gib'] = max(peaks) / 2**30
    for gpu in gpus:
      tf.config.experimental.reset_memory_stats(gpu)
  return values
