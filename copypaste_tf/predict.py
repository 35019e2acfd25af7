r"""Runs a trained model on image files, and draws the results.

python -m copypaste_tf.predict --model_dir=build/first \
    --images='build/shapes/images/*.jpg' --output=build/predictions
"""

from absl import flags

from copypaste_tf import checkpoint_flags, command_line


def _define_flags() -> None:
  checkpoint_flags.define()
  flags.DEFINE_multi_string(
    'images',
    None,
    'Image file, folder of images, or glob pattern such as '
    "'photos/**/*.jpg'. May be repeated, and several files may follow.",
  )
  flags.DEFINE_string(
    'output',
    None,
    'Folder for images.json (ids, files and sizes of the images, names of the '
    "classes), pictures/, and detections.json (in COCO's results format) or "
    'class_maps/.',
  )
  flags.DEFINE_integer(
    'batch_size', 4, 'Images in a batch of the model.', lower_bound=1
  )
  flags.DEFINE_float(
    'min_score', 0.0, 'Leave out detections with a lower score.'
  )
  flags.DEFINE_float(
    'min_drawn_score', 0.3, 'Do not draw detections with a lower score.'
  )
  flags.DEFINE_bool('pictures', True, 'Draw the results.')
  checkpoint_flags.define_label_map()
  flags.DEFINE_string(
    'annotation_file',
    None,
    'COCO JSON file with the ids of the images, which are found by file name; '
    'for detections that will be evaluated or submitted. Without it, ids are '
    'the file names if all are numbers, otherwise positions.',
  )
  flags.mark_flag_as_required('output')


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import predict

  predict.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv, rest='images')


if __name__ == '__main__':
  run()
