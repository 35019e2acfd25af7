r"""Draws training examples of a recipe, with the images they were made from.

python -m copypaste_tf.visualize --gin_file=configs/smoke.gin \
    --output=build/sheet.html
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def _define_flags() -> None:
  config_flags.define()
  flags.DEFINE_string(
    'output',
    None,
    'HTML file to write; PNGs of the examples are in a folder next to it.',
    required=True,
  )
  flags.DEFINE_integer(
    'num_images', 16, 'Number of examples to draw.', lower_bound=1
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import visualize

  visualize.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
