r"""Runs the transfer of Table 5 on generated shapes.

python -m experiments.shapes_voc --output_dir=build/shapes_voc

Pre-trains a detector on shapes in COCO's format, with and without Copy-Paste,
then fine-tunes both on few shapes in Pascal VOC's format, boxes alone, and
prints AP50 by both of its rules. Each step is a command that a user could type,
and skips work that is already done. So the same command resumes an interrupted
run.
"""

import json
import os
from collections.abc import Mapping

from absl import flags

from copypaste_tf import command_line

from . import steps as running

_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'build/shapes_voc', 'Folder of the data and of the four runs.'
)
_PRETRAIN_STEPS = flags.DEFINE_integer(
  'pretrain_steps', 300, 'Training steps of each pre-training.', 1
)
_GIN_PARAMS = flags.DEFINE_multi_string(
  'gin_params', [], 'Further bindings for every training.'
)
# Ends of the folders of each arm, and the binding of its pre-training.
ARMS = {
  'without Copy-Paste': ('', 'TrainData.copy_paste = None'),
  'with Copy-Paste': ('_copypaste', 'TrainData.copy_paste = @CopyPaste()'),
}
_COLUMNS = {'voc07_ap50': '11 points', 'voc12_ap50': 'area'}


def steps(
  output_dir: str, pretrain_steps: int, gin_params: list[str]
) -> dict[str, list[str]]:
  """Returns the command of each step by its title.

  Args:
    output_dir: folder of the data and of the runs.
    pretrain_steps: steps of each pre-training.
    gin_params: further bindings for the trainings.

  Returns:
    `{title: arguments of python -m}`, in order.
  """
  commands = running.shapes(output_dir) | running.voc_shapes(output_dir)
  length = f'schedule.train_steps = {pretrain_steps}'
  for arm, (end, binding) in ARMS.items():
    first = f'{output_dir}/pretrained{end}'
    bindings = [*running.records(output_dir), length, binding, *gin_params]
    commands[f'Pre-train {arm}'] = running.train('shapes_demo', first, bindings)
    model_dir = f'{output_dir}/voc{end}'
    bindings = [
      f"TRAIN_RECORDS = '{output_dir}/voc_train-*.tfrecord'",
      f"EVAL_RECORDS = '{output_dir}/voc_val-*.tfrecord'",
      f"TaskConfig.init_checkpoint = '{first}'",
      *gin_params,
    ]
    commands[f'Fine-tune: {arm}'] = running.train(
      'shapes_voc_cpu', model_dir, bindings
    )
    commands[f'Evaluate: {arm}'] = running.evaluate(model_dir, 'voc.json')
  return commands


def table(metrics: Mapping[str, Mapping[str, float]]) -> str:
  """Formats AP50 of the arms in percent.

  Args:
    metrics: `{arm: metrics by name}`.
  """
  lines = [f'{"AP50":20}' + ''.join(f'{x:>11}' for x in _COLUMNS.values())]
  for arm, values in metrics.items():
    cells = ''.join(f'{100 * values[name]:11.1f}' for name in _COLUMNS)
    lines.append(f'{arm:20}{cells}')
  return '\n'.join(lines)


def main() -> None:
  """Runs the steps; stops at the first failure, with its exit status."""
  output_dir = _OUTPUT_DIR.value
  running.run(steps(output_dir, _PRETRAIN_STEPS.value, _GIN_PARAMS.value))
  metrics = {}
  for arm, (end, _) in ARMS.items():
    with open(os.path.join(output_dir, f'voc{end}', 'voc.json')) as file:
      metrics[arm] = json.load(file)
  print(f'\n{table(metrics)}')


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
