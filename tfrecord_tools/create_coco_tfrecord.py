r"""Converts a data set in COCO's format to sharded TFRecords.

It reads any COCO-format JSON and any folder of images. The records carry Model
Garden's features, with a mask PNG per object, and id planes. The manifest
counts the read, written and dropped images and annotations, with the reasons.
A rerun makes the missing shards only.

  python -m tfrecord_tools.create_coco_tfrecord \
    --image_dir=build/shapes/images \
    --annotations=build/shapes/instances_train.json \
    --output_prefix=build/shapes/records/train --num_shards=4
"""

from absl import flags

from copypaste_tf import command_line
from tfrecord_tools import faults


def _define_flags() -> None:
  _define_files()
  _define_choice_of_images()
  _define_faults()


def _define_files() -> None:
  for name, text in (
    ('image_dir', 'Folder of the images.'),
    ('annotations', 'Annotation file in COCO format (JSON).'),
    (
      'output_prefix',
      'Path and beginning of the names: <prefix>-00000-of-00032.tfrecord, '
      '<prefix>-manifest.json.',
    ),
  ):
    flags.DEFINE_string(name, None, text, required=True)
  flags.DEFINE_integer(
    'num_shards', 32, 'Files to write; of each split.', 1, 99_999
  )
  flags.DEFINE_integer(
    'num_workers', None, 'Processes; one per available core by default.', 1
  )
  flags.DEFINE_string(
    'beam_args',
    None,
    'Flags of Apache Beam, which then writes the shards, such as '
    "'--runner=FlinkRunner --flink_master=HOST:8081'.",
  )
  flags.DEFINE_bool(
    'include_masks',
    True,
    'Whether records carry masks; Copy-Paste needs them.',
  )
  flags.DEFINE_bool(
    'mask_pngs',
    True,
    'Whether records carry a PNG of each mask beside the id planes. This '
    'package reads the planes; only Model Garden needs the PNGs.',
  )
  flags.DEFINE_integer(
    'first_category_id',
    None,
    'Renumber the categories: the smallest id becomes this one, and the others '
    'move alike. Give the same value for every file of a data set.',
    1,
  )
  flags.DEFINE_bool(
    'overwrite', False, 'Delete shards that other flags have made.'
  )


def _define_choice_of_images() -> None:
  flags.DEFINE_float(
    'fraction',
    1.0,
    'Share of the images to take. With the same seed, a smaller part lies '
    'within a larger one.',
    1e-9,
    1.0,
  )
  flags.DEFINE_list(
    'split',
    [],
    'Parts to make of the images, with their shares, such as '
    'train:0.75,val:0.25. An image stays in its part when others are added.',
  )
  flags.DEFINE_integer(
    'seed', 0, 'Seed of the order of the images, the fraction and the split.'
  )


def _define_faults() -> None:
  flags.DEFINE_enum(
    'on_error',
    'skip',
    faults.ON_ERROR,
    'What to do about an image or annotation that cannot be used: leave it out '
    'and count it, or stop.',
  )
  flags.DEFINE_float(
    'max_dropped',
    0.1,
    'Share of the images, and of the annotations, that may be dropped for a '
    'reason. Beyond it, the exit status is 1. 1 accepts everything.',
    0.0,
    1.0,
  )
  flags.DEFINE_bool(
    'allow_outside_image_dir',
    False,
    'Whether file names of the annotations may lead out of --image_dir.',
  )


def main() -> None:
  """Does the work, which is imported once the flags are read."""
  from tfrecord_tools.verbs import create_coco_tfrecord

  create_coco_tfrecord.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; a mistake of the user is one line, not a traceback."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
