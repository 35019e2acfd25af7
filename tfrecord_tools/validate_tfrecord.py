r"""Decodes every record of a set and checks its invariants.

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
    'Glob patterns of the TFRecord files, separated by commas.',
    required=True,
  )
  flags.DEFINE_string(
    'manifest',
    None,
    'Manifest of the converter, to check labels and counts against.',
  )
  flags.DEFINE_string(
    'label_map',
    None,
    'JSON file with category names by id, to check labels against.',
  )
  flags.DEFINE_integer(
    'max_faults', 100, 'Stop after this number of faults; 0 never stops.', 0
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
