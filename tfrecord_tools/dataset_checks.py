"""Refuses data sets of which nothing could be converted."""

from tfrecord_tools.entries import Dataset, ObjectEntry


def require_masks(path: str, dataset: Dataset) -> None:
  """Refuses a data set without masks, whose objects would all be dropped.

  Args:
    path: the annotation file, for the message.
    dataset: its content.

  Raises:
    ValueError: there are objects, and none has a mask.
  """
  entries = dataset.images.values()
  if not any(entry.objects for entry in entries):
    return
  for entry in entries:
    for item in entry.objects:
      if isinstance(item, ObjectEntry) and item.read_mask:
        return
  raise ValueError(
    f'{path}: no annotation has a segmentation; convert the boxes alone with '
    '--include_masks=false.'
  )
