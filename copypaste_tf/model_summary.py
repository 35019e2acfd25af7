r"""Prints the size of each part of a recipe's model.

Detectors have parameters and multiply-adds; other tasks may have parameters
only.

python -m copypaste_tf.model_summary --gin_file=configs/coco_r50_lsj.gin
"""

from copypaste_tf import command_line, config_flags


def main() -> None:
  """Does the work, which is imported once the flags are read."""
  from copypaste_tf.verbs import model_summary

  model_summary.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; a mistake of the user is one line, not a traceback."""
  command_line.run(main, config_flags.define, __doc__, argv)


if __name__ == '__main__':
  run()
