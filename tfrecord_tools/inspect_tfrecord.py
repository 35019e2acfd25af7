r"""Prints records as text and draws them.

python -m tfrecord_tools.inspect_tfrecord \
    --input='build/shapes/records/train-*.tfrecord' --limit=3 \
    --draw=build/shapes/train.png
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
  flags.DEFINE_integer(
    'limit', 5, 'Number of records, without --source_id; 0 shows all.', 0
  )
  flags.DEFINE_list('source_id', [], 'Image ids to show; all by default.')
  flags.DEFINE_string('draw', None, 'PNG file for a drawing of the records.')


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import inspect_tfrecord

  inspect_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
