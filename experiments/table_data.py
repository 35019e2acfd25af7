"""Lists the commands that make the records of a table, by the kind of data."""

import os
from collections.abc import Callable
from typing import NamedTuple

from . import self_training_steps, steps

_CONVERT = 'tfrecord_tools.create_coco_tfrecord'
_NUCLEI_SHARDS, _SHARDS = 4, 32


class Files(NamedTuple):
  """A data set in COCO's format; all three are empty without one.

  Attributes:
    image_dir: folder of the images.
    train: annotations of the training images.
    val: annotations of the images to evaluate on.
  """

  image_dir: str = ''
  train: str = ''
  val: str = ''


class Data(NamedTuple):
  """Records for the runs of one fraction.

  Attributes:
    commands: the commands that make them, by title; each skips finished work.
    bindings: lines of gin that name them.
  """

  commands: dict[str, list[str]]
  bindings: list[str]


def get(name: str, folder: str, fraction: float, files: Files) -> Data:
  """Returns the records of a kind of data.

  Args:
    name: a name in `SOURCES`.
    folder: folder for the data, of this kind alone.
    fraction: fraction of the training images, in (0, 1].
    files: the data set of `--image_dir`, or none.

  Raises:
    ValueError: annotations are needed, or the data cannot be divided.
  """
  return SOURCES[name](folder, fraction, files)


def _convert(files: Files, split: str, prefix: str, *flags: str) -> list[str]:
  return [
    _CONVERT,
    f'--image_dir={files.image_dir}',
    f'--annotations={getattr(files, split)}',
    f'--output_prefix={prefix}',
    *flags,
  ]


def _part(files: Files, folder: str, fraction: float, shards: int) -> Data:
  """Converts a part of the training images, and all to evaluate on."""
  train = f'{folder}/train-{fraction:g}'
  flag = f'--num_shards={shards}'
  return Data(
    {
      f'Convert {fraction:.0%} of the training images': _convert(
        files, 'train', train, flag, f'--fraction={fraction:g}'
      ),
      'Convert the images to evaluate on': _convert(
        files, 'val', f'{folder}/val', flag
      ),
    },
    [
      f"TRAIN_RECORDS = '{train}-*.tfrecord'",
      f"EVAL_RECORDS = '{folder}/val-*.tfrecord'",
    ],
  )


def _recipe(folder: str, fraction: float, files: Files) -> Data:
  """The records that the recipe names, or a part of a COCO data set."""
  if any(files):
    return _part(files, folder, fraction, _SHARDS)
  if fraction == 1:
    return Data({}, [])
  raise ValueError(
    f'a run on {fraction:.0%} of the training images needs --image_dir, '
    '--annotations and --val_annotations of the data set that the recipe is for'
  )


def _nuclei(folder: str, fraction: float, files: Files) -> Data:
  """The nuclei: those of the flags, or of the folder of real data."""
  real = os.environ.get('COPYPASTE_TF_DATA')
  if not any(files):
    if not real:
      raise ValueError(
        'the nuclei (docs/recipes.md): expected --image_dir, --annotations and '
        '--val_annotations, or their folder `nuclei` in $COPYPASTE_TF_DATA'
      )
    files = Files(
      f'{real}/nuclei/images',
      *(f'{real}/nuclei/instances_{split}.json' for split in ('train', 'val')),
    )
  return _part(files, folder, fraction, _NUCLEI_SHARDS)


def _shapes(*flags: str) -> Callable[[str, float, Files], Data]:
  """Returns a source of generated shapes, with flags of the generator."""

  def source(folder: str, fraction: float, files: Files) -> Data:
    del files
    _refuse_part(fraction)
    return Data(steps.shapes(folder, *flags), steps.records(folder))

  return source


def _voc(folder: str, fraction: float, files: Files) -> Data:
  """A few other shapes in Pascal VOC's format."""
  del files
  _refuse_part(fraction)
  return Data(
    steps.voc_shapes(folder),
    [
      f"TRAIN_RECORDS = '{folder}/voc_train-*.tfrecord'",
      f"EVAL_RECORDS = '{folder}/voc_val-*.tfrecord'",
    ],
  )


def _labelled(folder: str, fraction: float, files: Files) -> Data:
  """The labelled quarter of some shapes."""
  del files
  _refuse_part(fraction)
  source, commands = self_training_steps.shapes(folder, tiny=False)
  commands |= self_training_steps.conversions(folder, source)
  return Data(
    commands,
    [
      f"TRAIN_RECORDS = '{folder}/train-labelled-*.tfrecord'",
      f"EVAL_RECORDS = '{folder}/val-*.tfrecord'",
    ],
  )


def _self_training(folder: str, fraction: float, files: Files) -> Data:
  """The same quarter, and the rest as a teacher labels it."""
  labelled = _labelled(folder, fraction, files)
  source, _ = self_training_steps.shapes(folder, tiny=False)
  commands = labelled.commands | self_training_steps.steps(
    folder,
    source,
    teacher_recipe='shapes_demo',
    recipe='shapes_selftraining_cpu',
    runs=[],
    bindings=['schedule.train_steps = 300'],
  )
  pseudo = f"PSEUDO_RECORDS = '{folder}/pseudo-*.tfrecord'"
  return Data(commands, [*labelled.bindings, pseudo])


def _refuse_part(fraction: float) -> None:
  if fraction != 1:
    raise ValueError(
      f'generated shapes: expected the fraction 1, got {fraction:g}'
    )


SOURCES: dict[str, Callable[[str, float, Files], Data]] = {
  'recipe': _recipe,
  'nuclei': _nuclei,
  'shapes': _shapes(),
  'shapes_lvis': _shapes('--format=lvis'),
  'shapes_voc': _voc,
  'shapes_labelled': _labelled,
  'shapes_selftraining': _self_training,
}
