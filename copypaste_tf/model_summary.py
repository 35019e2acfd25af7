r"""Prints the size of each part of a recipe's model.

Detectors have parameters and multiply-adds; other tasks may have parameters
only.

python -m copypaste_tf.model_summary --gin_file=configs/coco_r50_lsj.gin
"""

from copypaste_tf import environment  # isort: split

from absl import app

from copypaste_tf import config_flags
from copypaste_tf.tasks import registry

del environment  # Imported for its side effect.


def main(argv: list[str]) -> None:
  """Prints the table."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  print(registry.build(config_flags.load().params.task).model_table())


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; a mistake in the config is one line, not a traceback."""
  config_flags.define()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
