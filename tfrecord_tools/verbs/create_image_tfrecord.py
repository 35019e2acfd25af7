"""Runs the conversion of images without labels."""

from absl import flags

from tfrecord_tools.verbs import create_coco_tfrecord


def main() -> None:
  """Converts the images of a folder, or those that a JSON file lists.

  Raises:
    ValueError: both are asked for.
  """
  values = flags.FLAGS
  if not values.annotations:
    create_coco_tfrecord.main(
      loader='image_folder', annotations=values.image_dir
    )
  elif values.images:
    raise ValueError(
      '--images chooses files of a folder, and --annotations lists them; give '
      'one of the two.'
    )
  else:
    create_coco_tfrecord.main(loader='image_json')
