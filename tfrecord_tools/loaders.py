"""Looks up the loader of a data set format by name."""

from typing import Protocol

from tfrecord_tools import (
  coco_json,
  image_folder,
  image_json,
  tfds_dataset,
  voc_folder,
)
from tfrecord_tools.entries import Dataset


class Loader(Protocol):
  """Reads the annotations of one format.

  The converter passes options that the user sets and that only some loaders
  take: `first_category_id` to renumber the categories, `drop_repeated` to leave
  out annotations, `images` to choose files of a folder.
  """

  def __call__(self, path: str, *, stop: bool) -> Dataset:
    """Returns the data set at `path`.

    Args:
      path: file or folder of the annotations.
      stop: whether the first fault raises ConversionError instead of being
        counted in `Dataset.drops`.
    """


_LOADERS: dict[str, Loader] = {
  'coco_json': coco_json.load,
  'image_folder': image_folder.load,
  'image_json': image_json.load,
  'tfds': tfds_dataset.load,
  'voc_folder': voc_folder.load,
}


def register(name: str, load: Loader) -> None:
  """Makes a loader known.

  Args:
    name: name of the format.
    load: its loader.

  Raises:
    ValueError: another loader has this name.
  """
  if _LOADERS.setdefault(name, load) is not load:
    raise ValueError(f'another loader has the name {name!r}; choose a new one.')


def get(name: str) -> Loader:
  """Returns the loader of a format.

  Args:
    name: name of the format.

  Raises:
    ValueError: no loader has this name.
  """
  if name not in _LOADERS:
    raise ValueError(f'loader must be one of {sorted(_LOADERS)}, got {name!r}.')
  return _LOADERS[name]
