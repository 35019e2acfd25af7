r"""Converts Pascal VOC, or a set in its form, to sharded TFRecords.

The images are those that the lists of a VOCdevkit name. Records for detection
carry the boxes of the XML files, for instances the masks of the objects, and
for segmentation the class of each pixel. Shards, resume, manifest and
validation are those of create_coco_tfrecord.

  python -m tfrecord_tools.create_voc_tfrecord --voc_dir=VOCdevkit \
    --sets=2007:trainval,2012:trainval --output_prefix=data/voc/train
"""

from absl import flags

from copypaste_tf import command_line
from tfrecord_tools import conversion_flags


def _define_flags() -> None:
  flags.DEFINE_string(
    'voc_dir',
    None,
    'The VOCdevkit, which holds folders such as VOC2012.',
    required=True,
  )
  flags.DEFINE_list(
    'sets',
    None,
    'Sets as YEAR:SET, such as 2007:trainval,2012:trainval: lists in '
    'ImageSets/Main; for masks and classes, in ImageSets/Segmentation.',
    required=True,
  )
  flags.DEFINE_enum(
    'task',
    'detection',
    ('detection', 'instances', 'segmentation'),
    'What the records are for: boxes, masks of objects, or class maps.',
  )
  _define_labels()
  conversion_flags.define_output()
  conversion_flags.define_choice_of_images()
  conversion_flags.define_faults()


def _define_labels() -> None:
  flags.DEFINE_integer(
    'box_origin',
    1,
    "Coordinate of the first column and row: 1 is VOC's, 0 that of some tools.",
    0,
    1,
  )
  flags.DEFINE_bool(
    'skip_difficult',
    False,
    'Leave out objects that are marked as difficult. An evaluation needs them, '
    'so keep those of a val set.',
  )
  flags.DEFINE_list(
    'classes',
    [],
    "All classes of a set of one's own, in the order of their ids; by default "
    'the twenty of Pascal VOC.',
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import create_voc_tfrecord

  create_voc_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
