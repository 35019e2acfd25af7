r"""Checks a recipe without an accelerator and prints where each value is set.

python -m copypaste_tf.check --gin_file=configs/shapes_demo.gin
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def _define_flags() -> None:
  config_flags.define()
  flags.DEFINE_bool(
    'allow_missing_data', False, 'Accept records that do not exist.'
  )
  flags.DEFINE_bool(
    'only_changed', False, 'Print only values that differ from the defaults.'
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import check

  check.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
