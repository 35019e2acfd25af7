"""Runs the conversion of a VOCdevkit."""

from typing import Any

from absl import flags

from copypaste_tf.records import voc_xml
from tfrecord_tools import storage
from tfrecord_tools.verbs import create_coco_tfrecord


def main() -> None:
  """Converts the images of the sets.

  Raises:
    FileNotFoundError: there is no such VOCdevkit.
    ValueError: a flag is about boxes, and none are converted.
  """
  values = flags.FLAGS
  if values.task == 'segmentation':
    for name in ('box_origin', 'skip_difficult'):
      if values[name].value != values[name].default:
        raise ValueError(
          f'--{name}: is not read with --task=segmentation, whose records have '
          'a class for each pixel and no objects'
        )
  if not storage.is_folder(values.voc_dir):
    raise FileNotFoundError(f'--voc_dir={values.voc_dir}: no such folder.')
  create_coco_tfrecord.main(
    loader='voc_folder',
    annotations=values.voc_dir,
    image_dir=values.voc_dir,
    include_masks=values.task == 'instances',
    loader_settings=_settings(values),
  )


def _settings(values: flags.FlagValues) -> dict[str, Any]:
  """Returns the arguments of the loader."""
  return {
    'sets': list(values.sets),
    'task': values.task,
    'box_origin': values.box_origin,
    'skip_difficult': values.skip_difficult,
    'classes': list(values.classes or voc_xml.CLASSES),
  }
