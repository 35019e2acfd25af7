"""Refuses data sets of which nothing could be converted."""

from tfrecord_tools.entries import Dataset, ObjectEntry


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
