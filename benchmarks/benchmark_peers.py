r"""Measures the Copy-Paste of other systems beside ours on the same images.

`--task=labels` gives every system the same pairs of images on one canvas, and
counts what is wrong with the labels of the examples. `--task=time` runs the
input pipelines on one core, in turns, from the files of each system's own form
to an example with boxes and masks. Each measurement is a process of its own.
A peer that is not installed is skipped, with the reason.

  python -m benchmarks.benchmark_peers --task=labels --sets=coco,nuclei \
    --peers_python=PEERS/bin/python --scripts=SCRIPTS

`benchmark_peers.md` says what to install, and what was measured.
"""

import json
import os
import pathlib
import sys
import tempfile

from absl import app, flags

from benchmarks.peers import datasets, processes, tables
from benchmarks.peers.worker import Setup

# Systems that need TensorFlow; the others run in the interpreter of the peers.
_HERE = ('ours', 'published')
_SYSTEMS = (
  *_HERE,
  'torchvision_reference',
  'torchvision_reference:hard',
  'mmdetection',
  'ultralytics_yolo',
  'ultralytics_yolo:flip',
  'albumentations_x',
  'copy_paste_augmentation',
)

_TASK = flags.DEFINE_enum('task', 'labels', ['labels', 'time'], 'What to do.')
_DATA = flags.DEFINE_string(
  'data',
  os.environ.get('COPYPASTE_TF_DATA'),
  'Folder with coco_sample/, lvis_val_sample/ and nuclei/.',
)
_PYTHON = flags.DEFINE_string(
  'peers_python', sys.executable, 'Interpreter that has the peers.'
)
_SCRIPTS = flags.DEFINE_string(
  'scripts', '', 'Folder of source files of peers that no package has.'
)
_RUN = flags.DEFINE_list('systems', list(_SYSTEMS), 'Systems to measure.')
_SETS = flags.DEFINE_list('sets', ['coco'], 'Sets of the labels.')
_CANVAS = flags.DEFINE_integer('canvas', 640, 'Height and width in pixels.', 1)
_COUNT = flags.DEFINE_integer('count', 100, 'Pairs of a set.', 1)
_SECONDS = flags.DEFINE_float(
  'seconds', 10.0, 'CPU seconds of a pipeline and round.', 0.0
)
_ROUNDS = flags.DEFINE_integer('rounds', 3, 'Rounds of the times.', 1)
_LIMIT = flags.DEFINE_integer('max_instances', 100, 'Labels of an example.', 1)
_JSON = flags.DEFINE_string('json', None, 'File for all numbers.')


def _setup(system: str, **fields) -> Setup:
  return Setup(
    system,
    _TASK.value,
    _DATA.value,
    scripts=_SCRIPTS.value,
    canvas=_CANVAS.value,
    count=_COUNT.value,
    seconds=_SECONDS.value,
    max_instances=_LIMIT.value,
    **fields,
  )


def _python(system: str) -> str:
  return sys.executable if system in _HERE else _PYTHON.value


def _labels(found: dict) -> None:
  for name in _SETS.value:
    for system in _RUN.value:
      setup = _setup(system, name=name)
      result = processes.measure(setup, _python(system))
      found.setdefault(name, {})[system] = result
      print(name, system, result, file=sys.stderr, flush=True)
    print(f'\n{name}, canvas {_CANVAS.value}, at most {_LIMIT.value} labels\n')
    print(tables.of_labels(found[name]))


def _times(found: dict) -> None:
  with tempfile.TemporaryDirectory() as work:
    images = datasets.prepare(pathlib.Path(_DATA.value), pathlib.Path(work))
    for number in range(_ROUNDS.value):
      for system in _RUN.value:
        for on in (True, False):
          setup = _setup(system, work=work, copy_paste=on, seed=number)
          result = processes.measure(setup, _python(system))
          arms = found.setdefault(system, {'on': [], 'off': []})
          arms['on' if on else 'off'].append(result)
          print(number, system, on, result, file=sys.stderr, flush=True)
  print(f'\n{images} images, canvas {_CANVAS.value}, one core\n')
  print(tables.of_times(found))


def _run(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'flags only, got {argv[1]}')
  if not _DATA.value:
    raise app.UsageError('set --data or COPYPASTE_TF_DATA')
  if _TASK.value == 'time' and 'ours' not in _RUN.value:
    raise app.UsageError('--systems must have ours, which gives the unit')
  found = {}
  (_labels if _TASK.value == 'labels' else _times)(found)
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps(found, indent=2))


if __name__ == '__main__':
  app.run(_run)
