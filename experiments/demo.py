r"""Runs every stage of the package on generated shapes: `make demo`.

python -m experiments.demo --output_dir=build/demo --shapes_dir=build/shapes

Generates, converts, checks, draws, trains, evaluates and reports. Each step is
a command that a user could type, and skips work that is already done. So the
same command resumes an interrupted demo.
"""

import os
import pathlib

from absl import flags

from copypaste_tf import command_line

from . import steps as running

_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'build/demo', 'Folder of the run and its report.'
)
_SHAPES_DIR = flags.DEFINE_string(
  'shapes_dir', 'build/shapes', 'Folder of the generated data set.'
)
_RECIPE = flags.DEFINE_string(
  'recipe', 'shapes_demo', 'Name or path of the gin file.'
)
_GIN_PARAMS = flags.DEFINE_multi_string(
  'gin_params', [], 'Further bindings for every step that reads the recipe.'
)


def steps(
  output_dir: str, shapes_dir: str, recipe: str, gin_params: list[str]
) -> dict[str, list[str]]:
  """Returns the command of each step by its title.

  Args:
    output_dir: folder of the run and its report.
    shapes_dir: folder of the generated data set.
    recipe: name or path of the gin file.
    gin_params: further bindings.

  Returns:
    `{title: arguments of python -m}`, in order.
  """
  model_dir = os.path.join(output_dir, 'model')
  sheet = os.path.join(output_dir, 'sheet.html')
  lines = [*running.records(shapes_dir), *gin_params]
  config = [f'--gin_file={recipe}', *(f'--gin_params={x}' for x in lines)]
  return running.shapes(shapes_dir) | {
    'Check the recipe': ['copypaste_tf.check', *config, '--only_changed'],
    'Draw augmented examples': [
      'copypaste_tf.visualize',
      *config,
      f'--output={sheet}',
    ],
    'Train with Copy-Paste': [
      'copypaste_tf.train',
      *config,
      f'--model_dir={model_dir}',
      '--mode=train',
    ],
    'Evaluate': [
      'copypaste_tf.evaluate',
      f'--model_dir={model_dir}',
      '--per_category',
    ],
    'Write the report': [
      'copypaste_tf.report',
      f'--model_dir={model_dir}',
      f'--output_dir={output_dir}',
      f'--sheet={sheet}',
    ],
  }


def main() -> None:
  """Runs the steps; stops at the first failure, with its exit status."""
  commands = steps(
    _OUTPUT_DIR.value, _SHAPES_DIR.value, _RECIPE.value, _GIN_PARAMS.value
  )
  running.run(commands, takes_seconds='Write the report')
  report = pathlib.Path(_OUTPUT_DIR.value, 'report.html').resolve()
  print(f'\nOpen {report.as_uri()}')


if __name__ == '__main__':
  command_line.run(main, lambda: None, __doc__)
