r"""Generates a small data set of textured shapes in COCO's format.

The data set has overlaps, holes, objects of several parts, crowds, tiny and
large objects, rare classes, grey images and images without objects. The same
flags give the same bytes. With --format=lvis it has 16 categories with a long
tail, and lists of categories that are absent or not annotated exhaustively.
With --format=voc it has class maps, difficult objects, and no crowds.

  python -m tfrecord_tools.create_shapes_dataset --output_dir=build/shapes
  python -m tfrecord_tools.create_shapes_dataset --output_dir=build/lvis \
    --format=lvis
  python -m tfrecord_tools.create_shapes_dataset --format=voc \
    --output_dir=build/VOCdevkit
"""

from absl import flags

from copypaste_tf import command_line


def _define_flags() -> None:
  flags.DEFINE_string(
    'output_dir',
    None,
    'Folder for images/*.jpg, instances_train.json and instances_val.json.',
    required=True,
  )
  flags.DEFINE_enum(
    'format',
    'coco',
    ('coco', 'lvis', 'voc'),
    'Format of the annotations; `lvis` also has other categories, five of them '
    'rare, and `voc` writes a VOCdevkit with the sets 2012:train and 2012:val.',
  )
  flags.DEFINE_integer('num_train', 1500, 'Number of training images.', 0)
  flags.DEFINE_integer('num_val', 200, 'Number of evaluation images.', 0)
  flags.DEFINE_integer(
    'image_size',
    160,
    'Mean side of the images in pixels; sides vary by a quarter.',
    lower_bound=32,
  )
  flags.DEFINE_integer('seed', 0, 'Other seeds give other images.', 0)


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from tfrecord_tools.verbs import create_shapes_dataset

  create_shapes_dataset.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
