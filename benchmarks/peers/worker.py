"""Measures one system in a process of its own; prints a line of JSON.

python -m benchmarks.peers.worker '{"system": "ours", "task": "labels"}'
"""

import collections
import importlib
import json
import os
import pathlib
import sys
import time
from typing import NamedTuple

import numpy as np

from benchmarks.peers import invariants, scenes, timing

# Read when the libraries are imported, so before a system is.
_THREADS = (
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
)


class Setup(NamedTuple):
  """The task of a process.

  Attributes:
    system: name of a module of this folder; a variant may follow a colon.
    task: `labels` or `time`.
    data: folder of the sample sets.
    work: folder of the set in each system's form; see `prepare`.
    scripts: folder of source files of peers that no package has.
    name: the set of the labels, a key of `scenes.SETS`.
    canvas: height and width of the examples in pixels.
    count: number of pairs.
    seconds: CPU seconds for which a pipeline runs.
    max_instances: number of labels for systems that limit it.
    copy_paste: whether the timed pipeline pastes.
    seed: seed of the random draws.
  """

  system: str
  task: str
  data: str
  work: str = ''
  scripts: str = ''
  name: str = 'coco'
  canvas: int = 640
  count: int = 100
  seconds: float = 10.0
  max_instances: int = 100
  copy_paste: bool = True
  seed: int = 0


def count_labels(system, setup: Setup) -> collections.Counter:
  """Sums the counts of all pairs."""
  total = collections.Counter()
  data = pathlib.Path(setup.data)
  for target, source in scenes.pairs(
    data, setup.name, canvas=setup.canvas, count=setup.count
  ):
    total.update(invariants.count(target, source, system.paste(target, source)))
  return total


def times(module, system, setup: Setup) -> dict[str, float | str]:
  """Returns CPU seconds per image, and of a bare decode if a system has one."""
  if not hasattr(system, 'pipeline'):
    return {'skipped': 'it is a transform without a pipeline of its own'}
  clock = getattr(module, 'clock', time.process_time)
  takes = {'cpu': system.pipeline(setup.copy_paste)}
  if hasattr(system, 'decoding'):
    takes['unit'] = system.decoding()
  return {
    name: timing.seconds_per_image(take, setup.seconds, clock)
    for name, take in takes.items()
  }


def run(setup: Setup) -> dict:
  """Does the task.

  Returns:
    The numbers and the `version` of the system, or why it was `skipped`.
  """
  np.random.seed(setup.seed)
  try:
    name, _, variant = setup.system.partition(':')
    module = importlib.import_module(f'benchmarks.peers.{name}')
    system = module.System(setup, variant)
  except (ImportError, FileNotFoundError) as error:
    return {'skipped': f'{type(error).__name__}: {error}'}
  result = {'version': module.version()}
  if setup.task == 'labels':
    return result | {'counts': dict(count_labels(system, setup))}
  return result | times(module, system, setup)


def main() -> None:
  """Reads the setup from the command line."""
  os.environ.update(dict.fromkeys(_THREADS, '1'))
  if hasattr(os, 'sched_setaffinity'):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
  print(json.dumps(run(Setup(**json.loads(sys.argv[1])))))


if __name__ == '__main__':
  main()
