r"""Writes augmented training examples as a data set for other software.

python -m copypaste_tf.export_augmented --gin_file=configs/smoke.gin \
    --output=build/augmented --examples=100
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def _define_flags() -> None:
  config_flags.define()
  flags.DEFINE_string(
    'output', None, 'Folder of the data set, new or empty.', required=True
  )
  flags.DEFINE_integer(
    'examples', None, 'Number of examples.', lower_bound=1, required=True
  )
  flags.DEFINE_enum(
    'format',
    'coco',
    ('coco', 'tfrecord'),
    'COCO annotations with a folder of images, or TFRecords of this package.',
  )
  flags.DEFINE_enum(
    'image_format',
    'jpeg',
    ('jpeg', 'png'),
    'JPEG of quality 95, or PNG with the exact pixels.',
  )
  flags.DEFINE_bool(
    'overwrite',
    False,
    'Delete an export in --output that is finished or has other settings.',
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import export_augmented

  export_augmented.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
