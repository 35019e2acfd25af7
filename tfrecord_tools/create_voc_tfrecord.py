r"""Converts Pascal VOC, or a data set in its format, to sharded TFRecords.

It takes the images that the lists of a VOCdevkit name. The records have the
boxes of the XML files (detection), the masks of the objects (instances) or the
class of each pixel (segmentation). Shards, resuming, manifest and validation
work as in create_coco_tfrecord.

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
    'The VOCdevkit, which contains folders such as VOC2012.',
    required=True,
  )
  flags.DEFINE_list(
    'sets',
    None,
    'Sets as YEAR:SET, such as 2007:trainval,2012:trainval. They are lists in '
    'ImageSets/Main; with masks or class maps, in ImageSets/Segmentation.',
    required=True,
  )
  flags.DEFINE_enum(
    'task',
    'detection',
    ('detection', 'instances', 'segmentation'),
    'Labels of the records: boxes, masks of objects, or class maps.',
  )
  _define_labels()
  conversion_flags.define_output()
  conversion_flags.define_choice_of_images()
  conversion_flags.define_faults()


def _define_labels() -> None:
  flags.DEFINE_integer(
    'box_origin',
    1,
    'Coordinate of the first column and row: 1 in VOC, 0 in some tools.',
    0,
    1,
  )
  flags.DEFINE_bool(
    'skip_difficult',
    False,
    'Leave out objects that are marked as difficult. Evaluations need them, so '
    'keep them in a validation set.',
  )
  flags.DEFINE_list(
    'classes',
    [],
    'Names of all classes, in the order of their ids; by default the twenty '
    'classes of Pascal VOC.',
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
