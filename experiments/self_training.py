r"""Runs self-training: teacher, pseudo labels, students, and all labels.

python -m experiments.self_training --output_dir=build/self_training

Holds back the labels of three quarters of a data set. A teacher learns from the
rest and labels these images. The students learn from both, in the settings of
Table 3 of the paper. A last run learns from all labels, which no student can
expect to beat. `DIR/self_training.json` has precision and recall of the pseudo
labels, and AP of every run. Each step is a command that a user could type, and
skips work that is already done. So the same command resumes a killed run.

The data set is generated shapes, or one in COCO's format:

python -m experiments.self_training --output_dir=build/nuclei_selftraining \
  --teacher_recipe=nuclei_cpu --recipe=nuclei_selftraining_cpu \
  --image_dir=nuclei/images --annotations=nuclei/instances_train.json \
  --val_annotations=nuclei/instances_val.json
"""

import json
import os
from collections.abc import Mapping, Sequence

from absl import flags

from copypaste_tf import command_line, whole_files

from . import self_training_steps as parts
from . import steps as running

_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'build/self_training', 'Folder of the data and of all runs.'
)
_TEACHER_RECIPE = flags.DEFINE_string(
  'teacher_recipe', 'shapes_demo', 'Recipe of the teacher and of all labels.'
)
_RECIPE = flags.DEFINE_string(
  'recipe', 'shapes_selftraining_cpu', 'Recipe of the students.'
)
_IMAGE_DIR = flags.DEFINE_string(
  'image_dir', '', 'Folder of the images; empty generates shapes.'
)
_ANNOTATIONS = flags.DEFINE_string(
  'annotations', '', 'Annotations of the training images, in COCO format.'
)
_VAL_ANNOTATIONS = flags.DEFINE_string(
  'val_annotations', '', 'Annotations of the images to evaluate on.'
)
_STEPS = flags.DEFINE_integer('steps', 300, 'Training steps of each run.', 1)
_RUNS = flags.DEFINE_list(
  'runs',
  [],
  'Settings of the students to run, and all_labels; all by default.',
)
_TINY = flags.DEFINE_bool(
  'tiny', False, 'Few shapes, a small image, four steps: shows that it runs.'
)
_GIN_PARAMS = flags.DEFINE_multi_string(
  'gin_params', [], 'Further bindings for every training.'
)


def collect(folder: str, runs: Sequence[str]) -> dict[str, object]:
  """Reads the quality of the pseudo labels and the AP of the runs.

  Args:
    folder: folder of all runs.
    runs: their names.

  Returns:
    `labels`, the report of the labels; `runs`, the metrics by run.
  """
  return {
    'labels': _read(f'{folder}/labels/quality.json'),
    'runs': {name: _read(f'{folder}/{name}/metrics.json') for name in runs},
  }


def table(runs: Mapping[str, Mapping[str, float]]) -> str:
  """Formats the AP of the runs in percent.

  Args:
    runs: metrics by run.
  """
  width = max(map(len, runs))
  lines = [f'{"":{width}}  mask AP   box AP']
  for name, metrics in runs.items():
    mask, box = 100 * metrics['mask_ap'], 100 * metrics['box_ap']
    lines.append(f'{name:{width}}{mask:9.1f}{box:9.1f}')
  return '\n'.join(lines)


def _read(path: str):
  with open(path) as file:
    return json.load(file)


def _runs() -> list[str]:
  """Returns the chosen runs.

  Raises:
    ValueError: there is no such run.
  """
  chosen = _RUNS.value or [*parts.RUNS]
  unknown = [name for name in chosen if name not in parts.RUNS]
  if unknown:
    raise ValueError(f'--runs: expected some of {[*parts.RUNS]}, got {unknown}')
  return chosen


def _source(folder: str) -> tuple[parts.Source, dict[str, list[str]]]:
  """Returns the data set, and the command that makes it, if there is one."""
  files = _IMAGE_DIR.value, _ANNOTATIONS.value, _VAL_ANNOTATIONS.value
  if not any(files):
    return parts.shapes(folder, tiny=_TINY.value)
  if not all(files):
    raise ValueError(
      '--image_dir, --annotations and --val_annotations: expected all three, '
      f'or none to generate shapes, got {files}'
    )
  return parts.Source(*files), {}


def main() -> None:
  """Runs the steps; stops at the first failure, with its exit status."""
  folder, runs = _OUTPUT_DIR.value, _runs()
  source, commands = _source(folder)
  length = f'schedule.train_steps = {_STEPS.value}'
  bindings = parts.TINY_BINDINGS if _TINY.value else [length]
  commands |= parts.steps(
    folder,
    source,
    teacher_recipe=_TEACHER_RECIPE.value,
    recipe=_RECIPE.value,
    runs=runs,
    bindings=[*bindings, *_GIN_PARAMS.value],
    tiny=_TINY.value,
  )
  running.run(commands)
  results = collect(folder, [parts.TEACHER, *runs])
  path = os.path.join(folder, 'self_training.json')
  whole_files.write(path, json.dumps(results, indent=2) + '\n')
  print(f'\n{table(results["runs"])}\n{path}')


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
