"""Loads the images of an annotation file in COCO's form, without its labels.

COCO's unlabeled2017 has only a list of images. Objects365 has boxes as well,
which are not read: its categories are not those of the teacher.
"""

import collections
from typing import Any

from copypaste_tf import garbage
from tfrecord_tools import (
  coco_images,
  coco_lists,
  foreign_formats,
  image_numbers,
  json_files,
)
from tfrecord_tools.entries import Dataset, ImageEntry
from tfrecord_tools.faults import Drops


def load(path: str, *, stop: bool) -> Dataset:
  """Loads the list of images.

  Sizes that the file states are not read, since no label depends on them: the
  images may have been scaled down.

  Args:
    path: the JSON file, which may be compressed by gzip.
    stop: whether the first fault raises instead of being counted.

  Returns:
    The data set, without categories and objects. A line and a note say how many
    annotations the file has.

  Raises:
    ConversionError: `stop` is set and there is a fault.
    FileNotFoundError: there is no such file.
    ValueError: the file has no list of images.
  """
  with garbage.paused():
    return _load(path, stop)


def _load(path: str, stop: bool) -> Dataset:
  # Objects365 v2 has 30 million of them, half of the memory of a whole load.
  file = json_files.read(path, forget=_annotations)
  foreign_formats.refuse(path, file.data)
  if file.forgotten:
    print(
      f'{path}: {file.forgotten} annotations are not read; '
      'create_coco_tfrecord converts images with their labels.'
    )
  entries = coco_lists.elements(path, file.data, 'images')
  numbers = image_numbers.Numbers(
    entry.get('id') for entry in entries if isinstance(entry, dict)
  )
  drops = Drops(stop=stop)
  images, _ = coco_images.index(entries, numbers, drops)
  notes = collections.Counter(
    repeated_keys=sum(file.repeated.values()),
    annotations_not_read=file.forgotten,
    image_ids_renumbered=len(numbers.new),
  )
  return Dataset(
    images={
      number: ImageEntry(number, coco_images.file_names(element), ())
      for number, element in images.items()
    },
    categories={},
    num_images=len(entries),
    num_annotations=0,
    drops=drops,
    sha256=file.sha256,
    size=file.size,
    notes=+notes,
    renumbered={'image_ids': numbers.new} if numbers.new else {},
    labelled=False,
  )


def _annotations(element: dict[str, Any]) -> int:
  """Returns how many annotations a JSON object holds; columns hold several."""
  if 'image_id' not in element or 'file_name' in element:
    return 0
  image = element['image_id']
  return len(image) if isinstance(image, list | dict) else 1
