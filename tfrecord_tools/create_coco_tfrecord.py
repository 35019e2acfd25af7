r"""Converts a data set in COCO's format to sharded TFRecords.

It reads a JSON file in COCO's or LVIS's format and a folder of images. The
records have Model Garden's features, a mask PNG per object, and id planes. The
manifest counts the read, written and dropped images and annotations, with the
reasons. A rerun makes only the missing shards.

  python -m tfrecord_tools.create_coco_tfrecord \
    --image_dir=build/shapes/images \
    --annotations=build/shapes/instances_train.json \
    --output_prefix=build/shapes/records/train --num_shards=4
"""

from absl import flags

from copypaste_tf import command_line
from tfrecord_tools import conversion_flags


def _define_flags() -> None:
  for name, text in (
    ('image_dir', 'Folder of the images.'),
    ('annotations', 'Annotation file in COCO format (JSON).'),
  ):
    flags.DEFINE_string(name, None, text, required=True)
  conversion_flags.define_output()
  _define_labels()
  conversion_flags.define_choice_of_images()
  conversion_flags.define_faults()


def _define_labels() -> None:
  flags.DEFINE_bool(
    'include_masks',
    True,
    'Store masks in the records; Copy-Paste needs them.',
  )
  flags.DEFINE_bool(
    'mask_pngs',
    True,
    'Store a PNG of each mask in addition to the id planes. This package reads '
    'the planes; only Model Garden needs the PNGs.',
  )
  flags.DEFINE_integer(
    'first_category_id',
    None,
    'Renumber the categories: the smallest id becomes this one, and the others '
    'move by the same distance. Give the same value for every file of a data '
    'set.',
    1,
  )
  flags.DEFINE_bool(
    'drop_repeated',
    False,
    'Leave out annotations that repeat the category, box and mask of another '
    'annotation of the same image. Evaluations count them, so keep them in a '
    'validation set.',
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import create_coco_tfrecord

  create_coco_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
