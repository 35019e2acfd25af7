r"""Runs the path of LVIS on generated shapes: repeat factors, second stage.

python -m experiments.shapes_lvis --output_dir=build/shapes_lvis

Generates a data set with LVIS's long tail, trains stage one with and without
repeat factors, then the second stage of the run without, and prints AP by
frequency of the three. Each step is a command that a user could type, and skips
work that is already done. So the same command resumes an interrupted run.
"""

import json
import os
from collections.abc import Mapping

from absl import flags

from copypaste_tf import command_line

from . import steps as running

_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'build/shapes_lvis', 'Folder of the data and of the three runs.'
)
_GIN_PARAMS = flags.DEFINE_multi_string(
  'gin_params', [], 'Further bindings for every training.'
)
# Folder and title of each recipe, in order: the second stage starts from the
# first.
RUNS = {
  'shapes_lvis_cpu': ('one_stage', 'one stage'),
  'shapes_lvis_cpu_rfs': ('repeat_factors', 'one stage, repeat factors'),
  'shapes_lvis_cpu_balanced': ('balanced', 'one stage, then the second'),
}
_COLUMNS = {
  'mask_ap': 'mask AP',
  'mask_ap_rare': 'APr',
  'mask_ap_common': 'APc',
  'mask_ap_frequent': 'APf',
  'box_ap': 'box AP',
  'box_ap_rare': 'APr',
}


def steps(output_dir: str, gin_params: list[str]) -> dict[str, list[str]]:
  """Returns the command of each step by its title.

  Args:
    output_dir: folder of the data and of the runs.
    gin_params: further bindings for the trainings.

  Returns:
    `{title: arguments of python -m}`, in order.
  """
  commands = running.shapes(output_dir, '--format=lvis')
  for recipe, (folder, title) in RUNS.items():
    commands |= _run(output_dir, recipe, folder, title, gin_params)
  return commands


def _run(output_dir, recipe, folder, title, gin_params):
  """Returns the commands that train and evaluate one recipe."""
  model_dir = os.path.join(output_dir, folder)
  bindings = running.records(output_dir)
  if recipe.endswith('balanced'):
    first = os.path.join(output_dir, RUNS['shapes_lvis_cpu'][0])
    bindings.append(f"TaskConfig.init_checkpoint='{first}'")
  return {
    f'Train: {title}': running.train(
      recipe, model_dir, [*bindings, *gin_params]
    ),
    f'Evaluate: {title}': running.evaluate(model_dir, 'lvis.json'),
  }


def table(metrics: Mapping[str, Mapping[str, float]]) -> str:
  """Formats the AP of the runs in percent.

  Args:
    metrics: `{title: metrics by name}`.
  """
  width = max(map(len, metrics), default=0)
  lines = [' ' * width + ''.join(f'{name:>9}' for name in _COLUMNS.values())]
  for title, values in metrics.items():
    cells = ''.join(f'{100 * values[name]:9.1f}' for name in _COLUMNS)
    lines.append(f'{title:{width}}{cells}')
  return '\n'.join(lines)


def main() -> None:
  """Runs the steps; stops at the first failure, with its exit status."""
  output_dir = _OUTPUT_DIR.value
  running.run(steps(output_dir, _GIN_PARAMS.value))
  metrics = {}
  for folder, title in RUNS.values():
    with open(os.path.join(output_dir, folder, 'lvis.json')) as file:
      metrics[title] = json.load(file)
  print(f'\n{table(metrics)}')


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
