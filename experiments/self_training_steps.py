"""Lists the commands of a self-training, for `experiments.self_training`."""

from collections.abc import Sequence
from typing import NamedTuple

from . import steps as running

# Bindings of the students, by setting: the rows of Table 3, and Section 4.4,
# "Data to copy from".
SETTINGS = {
  'no_paste': ['TrainData.copy_paste = None'],
  'into_labelled': ['pseudo/RecordSet.paste_into = False'],
  'into_pseudo': ['labelled/RecordSet.paste_into = False'],
  'into_both': [],
  'pseudo_into_labelled': [
    'labelled/RecordSet.share = 1.0',
    'labelled/RecordSet.pasted_from = False',
    'pseudo/RecordSet.share = 0.0',
    'pseudo/RecordSet.paste_into = False',
    'pseudo/RecordSet.pasted_from = True',
  ],
}
TEACHER, ALL_LABELS = 'teacher', 'all_labels'
# The runs that learn from more than the teacher does.
RUNS = (*SETTINGS, ALL_LABELS)
# With this seed a quarter of 600 shapes, and of 240 nuclei, is exact.
_SPLIT = ['--split=labelled:0.25,unlabelled:0.75', '--seed=217']
# The students read two id planes (`TrainData.num_planes`), and no label of a
# lower score; the report is about all scores.
_LABELS = ['--max_planes=2', '--min_score=0.5']
_REPORT = ['--max_planes=2']
# Four steps teach nothing, so every detection is a label.
TINY_BINDINGS = [
  *('IMAGE_SIZE = (64, 64)', 'TrainData.source_size = (64, 64)'),
  *('BATCH_SIZE = 4', 'schedule.train_steps = 4', 'schedule.warmup_steps = 1'),
]
_TINY_LABELS = [
  *('--max_planes=2', '--min_score=0', '--counted_score=0', '--force')
]
_TINY_STUDENT = ['pseudo/RecordSet.min_score = 0.0']


class Source(NamedTuple):
  """A data set in COCO's format, with labels of all its images.

  Attributes:
    image_dir: folder of the images.
    train: annotations of the training images.
    val: annotations of the images to evaluate on.
  """

  image_dir: str
  train: str
  val: str


def shapes(folder: str, *, tiny: bool) -> tuple[Source, dict[str, list[str]]]:
  """Returns the data set of shapes, and the command that generates it.

  Args:
    folder: folder of the data set.
    tiny: only 16 and 4 small images.
  """
  size = (
    ['--num_train=16', '--num_val=4', '--image_size=64']
    if tiny
    else ['--num_train=600', '--num_val=200']
  )
  source = Source(
    f'{folder}/images',
    f'{folder}/instances_train.json',
    f'{folder}/instances_val.json',
  )
  make = [
    'tfrecord_tools.create_shapes_dataset',
    f'--output_dir={folder}',
    *size,
  ]
  return source, {'Generate shapes': make}


def conversions(folder: str, source: Source) -> dict[str, list[str]]:
  """Returns the commands that convert a data set by their titles.

  Args:
    folder: folder of the records. `train-labelled`, `images-unlabelled` and
      `val` are for the trainings; `train-unlabelled` has the labels that are
      held back.
    source: the data set.
  """
  coco = ['tfrecord_tools.create_coco_tfrecord', '--num_shards=4']
  images = ['tfrecord_tools.create_image_tfrecord', '--num_shards=4']
  folder_of_images = f'--image_dir={source.image_dir}'
  train = [folder_of_images, f'--annotations={source.train}', *_SPLIT]
  val = [folder_of_images, f'--annotations={source.val}']
  return {
    'Convert the labelled images': [
      *coco,
      *train,
      f'--output_prefix={folder}/train',
    ],
    'Convert the images without labels': [
      *images,
      *train,
      f'--output_prefix={folder}/images',
    ],
    'Convert the images to evaluate on': [
      *coco,
      *val,
      f'--output_prefix={folder}/val',
    ],
  }


def labelling(folder: str, *, tiny: bool) -> dict[str, list[str]]:
  """Returns the commands that label the images and judge the labels.

  Args:
    folder: folder of the records, and of the teacher's run.
    tiny: keep every detection.
  """
  teacher = f'--model_dir={folder}/{TEACHER}'
  return {
    'Label the other images': [
      'copypaste_tf.pseudo_label',
      teacher,
      f'--input={folder}/images-unlabelled-*.tfrecord',
      f'--output={folder}/pseudo',
      *(_TINY_LABELS if tiny else _LABELS),
    ],
    'Compare the labels with those held back': [
      'copypaste_tf.pseudo_label',
      teacher,
      f'--input={folder}/train-unlabelled-*.tfrecord',
      f'--report={folder}/labels',
      *(_TINY_LABELS if tiny else _REPORT),
    ],
  }


def run_commands(
  folder: str, name: str, recipe: str, bindings: Sequence[str]
) -> dict[str, list[str]]:
  """Returns the commands that train and evaluate one model.

  Args:
    folder: folder of all runs.
    name: name of the run, and of its folder.
    recipe: name or path of the gin file.
    bindings: further bindings.
  """
  model_dir = f'{folder}/{name}'
  return {
    f'Train: {name}': running.train(recipe, model_dir, bindings),
    f'Evaluate: {name}': running.evaluate(model_dir, 'metrics.json'),
  }


def steps(
  folder: str,
  source: Source,
  *,
  teacher_recipe: str,
  recipe: str,
  runs: Sequence[str],
  bindings: Sequence[str],
  tiny: bool = False,
) -> dict[str, list[str]]:
  """Returns the commands of the experiment by their titles, in order.

  Args:
    folder: folder of the records and of all runs.
    source: the data set.
    teacher_recipe: recipe of the teacher, and of the run with all labels.
    recipe: recipe of the students.
    runs: names in `RUNS`.
    bindings: bindings for every training.
    tiny: whether the runs are too short to learn.
  """
  labelled = f'{folder}/train-labelled-*.tfrecord'
  held_back = f'{folder}/train-unlabelled-*.tfrecord'
  common = [*bindings, f"EVAL_RECORDS='{folder}/val-*.tfrecord'"]
  students = [
    *common,
    f"TRAIN_RECORDS='{labelled}'",
    f"PSEUDO_RECORDS='{folder}/pseudo-*.tfrecord'",
    *(_TINY_STUDENT if tiny else []),
  ]
  commands = conversions(folder, source)
  commands |= run_commands(
    folder,
    TEACHER,
    teacher_recipe,
    [*common, f"TRAIN_RECORDS='{labelled}'"],
  )
  commands |= labelling(folder, tiny=tiny)
  for run in runs:
    if run == ALL_LABELS:
      both = f"TRAIN_RECORDS='{labelled},{held_back}'"
      commands |= run_commands(folder, run, teacher_recipe, [*common, both])
    else:
      lines = [*students, *SETTINGS[run]]
      commands |= run_commands(folder, run, recipe, lines)
  return commands
