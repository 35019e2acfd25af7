r"""Prints the size of each part of a recipe's model.

Detectors have parameters and multiply-adds; other tasks may have parameters
only.

python -m copypaste_tf.model_summary --gin_file=configs/coco_r50_lsj.gin
"""

from copypaste_tf import command_line, config_flags


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import model_summary

  model_summary.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, config_flags.define, __doc__, argv)


if __name__ == '__main__':
  run()
