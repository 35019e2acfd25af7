r"""Converts voc, coco or lvis of TensorFlow Datasets to sharded TFRecords.

It reads a folder that TensorFlow Datasets has prepared; the package itself is
not needed. The bytes of the JPEGs do not change. The boxes of voc count pixels
from 1 there and are moved by a pixel. The labels of coco become COCO's category
ids again. Only lvis has masks. Shards, resuming, manifest and validation work
as in create_coco_tfrecord.

  python -m tfrecord_tools.create_tfds_tfrecord \
    --tfds=voc/2007:train+validation,voc/2012:train+validation \
    --include_masks=false --output_prefix=data/voc/train
"""

from absl import flags

from copypaste_tf import command_line
from tfrecord_tools import conversion_flags


def _define_flags() -> None:
  flags.DEFINE_list(
    'tfds',
    None,
    'Data sets with their splits, such as voc/2007:train+validation or '
    'coco/2017:train; without a split, all splits.',
    required=True,
  )
  flags.DEFINE_string(
    'tfds_dir',
    '~/tensorflow_datasets',
    'Folder of the prepared data sets, which contains voc/2007/5.0.0 and such.',
  )
  flags.DEFINE_bool(
    'include_masks',
    True,
    'Store masks in the records; Copy-Paste needs them. Only lvis has masks.',
  )
  flags.DEFINE_bool(
    'mask_pngs',
    True,
    'Store a PNG of each mask in addition to the id planes. This package reads '
    'the planes; only Model Garden needs the PNGs.',
  )
  conversion_flags.define_output()
  conversion_flags.define_choice_of_images()
  conversion_flags.define_faults()


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import create_tfds_tfrecord

  create_tfds_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
