r"""Converts images without labels to sharded TFRecords.

It takes the images of a folder, or those that a JSON file in COCO's format
lists, such as COCO's unlabeled2017 and Objects365; it does not read the
annotations. In self-training, pseudo_label labels these records. Shards,
resuming, manifest and validation work as in create_coco_tfrecord.

  python -m tfrecord_tools.create_image_tfrecord \
    --image_dir=build/shapes/images \
    --output_prefix=build/shapes/unlabeled --num_shards=4
"""

from absl import flags

from copypaste_tf import command_line
from tfrecord_tools import conversion_flags


def _define_flags() -> None:
  flags.DEFINE_string(
    'image_dir',
    None,
    'Folder of the images; subfolders are searched, too.',
    required=True,
  )
  flags.DEFINE_list(
    'images',
    [],
    'Glob patterns of the images to take, relative to --image_dir and in '
    "quotes, such as 'patch1/*.jpg' or '**/*.png'. By default all images.",
  )
  flags.DEFINE_string(
    'annotations',
    None,
    'JSON file whose list "images" has the images to take, with their ids.',
  )
  conversion_flags.define_output()
  conversion_flags.define_choice_of_images()
  conversion_flags.define_faults()


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import create_image_tfrecord

  create_image_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
