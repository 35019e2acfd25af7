r"""Decodes every record and checks every invariant.

It prints one line per fault, `file: record 12 (source_id 345): field: fault`,
and exits with status 1 if there is a fault.

  python -m tfrecord_tools.validate_tfrecord \
    --input='build/shapes/records/train-*.tfrecord' \
    --manifest=build/shapes/records/train-manifest.json
"""

from absl import flags

from copypaste_tf import command_line


def _define_flags() -> None:
  flags.DEFINE_list(
    'input',
    None,
    'Globs of the TFRecord files, comma-separated.',
    required=True,
  )
  flags.DEFINE_string(
    'manifest',
    None,
    'Manifest of the converter: checks labels and counts against it.',
  )
  flags.DEFINE_string(
    'label_map',
    None,
    'JSON object of category names by id, to check labels against.',
  )
  flags.DEFINE_integer(
    'max_faults', 100, 'Stop after so many faults; 0 never stops.', 0
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import validate_tfrecord

  validate_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
