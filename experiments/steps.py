"""Runs the commands of an experiment, each in a process of its own."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tfrecord_tools.shapes import SHAPES

_VOC_IMAGES = 100


def shapes(folder: str, *flags: str) -> dict[str, list[str]]:
  """Returns the commands that generate shapes and convert them.

  Args:
    folder: folder of the data set; existing files are kept.
    *flags: further flags of `create_shapes_dataset`.

  Returns:
    `{title: arguments of python -m}`, in order.
  """
  commands = {
    'Generate shapes': [
      'tfrecord_tools.create_shapes_dataset',
      f'--output_dir={folder}',
      *flags,
    ]
  }
  for split in ('train', 'val'):
    commands[f'Convert the {split} split to TFRecords'] = [
      'tfrecord_tools.create_coco_tfrecord',
      f'--image_dir={folder}/images',
      f'--annotations={folder}/instances_{split}.json',
      f'--output_prefix={folder}/{split}',
      '--num_shards=4',
    ]
  return commands


def voc_shapes(folder: str) -> dict[str, list[str]]:
  """Returns the commands that make a few other shapes, as a VOCdevkit.

  Args:
    folder: folder of the data set; the records are `voc_train-*` and
      `voc_val-*` in it.

  Returns:
    `{title: arguments of python -m}`, in order.
  """
  commands = {
    'Generate shapes as a VOCdevkit': [
      'tfrecord_tools.create_shapes_dataset',
      '--format=voc',
      f'--output_dir={folder}/VOCdevkit',
      f'--num_train={_VOC_IMAGES}',
      '--seed=1',
    ]
  }
  for split in ('train', 'val'):
    commands[f'Convert the {split} set of the VOCdevkit'] = [
      'tfrecord_tools.create_voc_tfrecord',
      f'--voc_dir={folder}/VOCdevkit',
      f'--sets=2012:{split}',
      f'--classes={",".join(shape.name for shape in SHAPES)}',
      f'--output_prefix={folder}/voc_{split}',
      '--num_shards=1',
    ]
  return commands


def records(folder: str) -> list[str]:
  """Returns the bindings that name the records of `shapes`."""
  return [
    f"TRAIN_RECORDS='{folder}/train-*.tfrecord'",
    f"EVAL_RECORDS='{folder}/val-*.tfrecord'",
  ]


def train(
  recipe: str, model_dir: str, bindings: Sequence[str], *, mode: str = 'train'
) -> list[str]:
  """Returns the command of a training, or of its continuation.

  Args:
    recipe: name or path of the gin file.
    model_dir: folder of the run.
    bindings: lines of gin.
    mode: `train`, or `train_and_eval`.

  Returns:
    Arguments of `python -m`.
  """
  return [
    'copypaste_tf.train',
    f'--gin_file={recipe}',
    f'--model_dir={model_dir}',
    f'--mode={mode}',
    *(f'--gin_params={line}' for line in bindings),
  ]


def evaluate(model_dir: str, metrics: str) -> list[str]:
  """Returns the command that evaluates the last checkpoint of a run.

  Args:
    model_dir: folder of the run.
    metrics: name of the JSON file of the metrics in that folder.

  Returns:
    Arguments of `python -m`.
  """
  return [
    'copypaste_tf.evaluate',
    f'--model_dir={model_dir}',
    f'--metrics={model_dir}/{metrics}',
  ]


def run(
  commands: Mapping[str, Sequence[str]], *, takes_seconds: str = ''
) -> None:
  """Runs commands; stops at the first failure, with its exit status.

  Args:
    commands: `{title: arguments of python -m}`, in order.
    takes_seconds: title of a command that gets the seconds so far as
      `--seconds`.
  """
  start = time.monotonic()
  for number, (title, command) in enumerate(commands.items(), 1):
    elapsed = time.monotonic() - start
    print(f'\n[{number}/{len(commands)}] {title} ({elapsed:.0f} s so far)')
    if title == takes_seconds:
      command = [*command, f'--seconds={elapsed:.0f}']
    print('  python -m ' + ' '.join(command), flush=True)
    status = subprocess.call([sys.executable, '-m', *command])
    if status:
      sys.exit(status)
