"""Refuses data sets of which nothing could be converted."""

import collections
import os
from collections.abc import Iterator, Mapping

from tfrecord_tools.entries import Dataset, ImageEntry, ObjectEntry

_NUM_FOLDERS = 4  # In a message.


def require_images(path: str, dataset: Dataset) -> None:
  """Refuses a file without images, or with objects of no category.

  Args:
    path: the annotation file, for the message.
    dataset: its content.

  Raises:
    ValueError: there is no image, or no category although there are objects.
  """
  if not dataset.num_images:
    raise ValueError(
      f'{path}: expected images, the list "images" is empty. Export it again '
      'with its images.'
    )
  if dataset.num_annotations and not dataset.categories:
    raise ValueError(
      f'{path}: expected the categories of {dataset.num_annotations} '
      'annotations, there are none. Add "categories": [{"id": 1, "name": '
      '"cat"}, ...] with the ids that the annotations use.'
    )


def require_masks(path: str, dataset: Dataset) -> None:
  """Refuses a data set without masks, whose objects would all be dropped.

  Args:
    path: the annotation file, for the message.
    dataset: its content.

  Raises:
    ValueError: there are objects that can be read, and none has a mask.
  """
  readable = False
  for entry in dataset.images.values():
    for item in entry.objects:
      if isinstance(item, ObjectEntry):
        if item.read_mask:
          return
        readable = True
  if not readable:  # The reason is told for each of them.
    return
  raise ValueError(
    f'{path}: no annotation has a segmentation; convert the boxes alone with '
    '--include_masks=false.'
  )


def missing_folders(
  stated: Mapping[int, ImageEntry],
  resolved: Mapping[int, ImageEntry],
  image_dir: str,
) -> Iterator[str]:
  """Names the folders that a file wants if half of its images are missing.

  LVIS's validation set, for example, lies in two folders of COCO 2017.

  Args:
    stated: the entries of the file, with all names of their images.
    resolved: the same entries once their files were looked for.
    image_dir: the folder of the images.

  Yields:
    At most one sentence.
  """
  wanted, missing = collections.Counter(), 0
  for number, entry in resolved.items():
    folders = {os.path.dirname(name) for name in stated[number].file_names}
    wanted[max(folders, key=len)] += 1
    fault = entry.fault
    missing += fault is not None and fault.reason == 'missing_image'
  if 2 * missing <= len(resolved) or not any(wanted):
    return
  listed = ', '.join(
    f'{folder or "no folder"} ({count})'
    for folder, count in wanted.most_common(_NUM_FOLDERS)
  )
  yield (
    f'{missing} of {len(resolved)} images are missing in '
    f'--image_dir={image_dir}. The file wants images of {listed}; --image_dir '
    'is the folder that holds these folders.'
  )
