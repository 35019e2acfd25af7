"""Runs the conversion of data sets of TensorFlow Datasets."""

import os

from absl import flags

from tfrecord_tools import storage
from tfrecord_tools.verbs import create_coco_tfrecord


def main() -> None:
  """Converts what the flags name.

  Raises:
    FileNotFoundError: there is no folder of data sets.
  """
  values = flags.FLAGS
  folder = os.path.expanduser(values.tfds_dir)
  if not storage.is_folder(folder):
    raise FileNotFoundError(
      f'--tfds_dir={values.tfds_dir}: no such folder; expected the one in '
      'which TensorFlow Datasets prepares data sets.'
    )
  create_coco_tfrecord.main(
    loader='tfds',
    annotations=folder,
    image_dir=folder,
    loader_settings={
      'sets': list(values.tfds),
      'include_masks': values.include_masks,
    },
  )
