"""Moves the image ids of a data set, so that sets of a training share none."""

from tfrecord_tools import loose_values
from tfrecord_tools.entries import Dataset


def moved(dataset: Dataset, offset: int) -> Dataset:
  """Adds a number to each image id.

  Args:
    dataset: the data set.
    offset: the number, at least 0.

  Returns:
    The data set with the new ids, also of those that the manifest lists. Drops
    that the loader has counted quote the ids of the source.

  Raises:
    ValueError: an id would not fit into 64 bits.
  """
  if not offset:
    return dataset
  largest = max(dataset.images, default=0)
  if not loose_values.fits_int64(largest + offset):
    raise ValueError(
      f'--id_offset={offset}: the image id {largest} would become '
      f'{largest + offset}, and ids have 64 bits; give a smaller number.'
    )
  images = {
    number + offset: entry._replace(id=number + offset)
    for number, entry in dataset.images.items()
  }
  renumbered = dict(dataset.renumbered)
  if ids := renumbered.get('image_ids'):
    renumbered['image_ids'] = {k: v + offset for k, v in ids.items()}
  return dataset._replace(images=images, renumbered=renumbered)
