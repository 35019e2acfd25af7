"""Loads an annotation file in COCO's format, also with LVIS's fields."""

import collections
from typing import Any

from copypaste_tf import garbage
from tfrecord_tools import (
  annotation_ids,
  category_numbers,
  coco_images,
  coco_lists,
  foreign_formats,
  image_numbers,
  json_files,
  loose_values,
  lvis_form,
  repeated_objects,
)
from tfrecord_tools.category_numbers import Categories
from tfrecord_tools.entries import Dataset
from tfrecord_tools.faults import Drops, SourceError, shown

_ByImage = dict[int, list[dict[str, Any]]]


def load(
  path: str,
  *,
  stop: bool,
  first_category_id: int | None = None,
  drop_repeated: bool = False,
) -> Dataset:
  """Loads an annotation file.

  Args:
    path: the JSON file, which may be compressed by gzip.
    stop: whether the first fault raises instead of being counted.
    first_category_id: id that the smallest category id becomes, with the others
      moved alike; None keeps the ids.
    drop_repeated: whether to leave out annotations that show an object again.

  Returns:
    The data set. Its objects are read on access.

  Raises:
    ConversionError: `stop` is set and there is a fault.
    FileNotFoundError: there is no such file.
    ValueError: the file is not in COCO's format at all, or its category ids
      cannot be kept.
  """
  with garbage.paused():
    return _load(path, stop, first_category_id, drop_repeated)


def _load(
  path: str, stop: bool, first_category_id: int | None, drop_repeated: bool
) -> Dataset:
  file = json_files.read(path)
  data = file.data
  foreign_formats.refuse(path, data)
  entries = coco_lists.elements(path, data, 'images')
  annotations = coco_lists.elements(path, data, 'annotations')
  categories = category_numbers.read(
    path,
    data.get('categories'),
    first=first_category_id,
    used=lambda: _used(annotations),
  )
  for remark in (*categories.remarks, *lvis_form.remarks(entries, categories)):
    print(f'{path}: {remark}')
  drops = Drops(stop=stop)
  numbers = image_numbers.Numbers(e.get('id') for e in entries if _is_object(e))
  images, dropped = coco_images.index(entries, numbers, drops)
  ids = annotation_ids.Ids(annotations)
  by_image = _group(annotations, images, dropped, numbers, ids, drops)
  if drop_repeated:
    by_image = _distinct(by_image, drops)
  notes = categories.notes + collections.Counter(
    repeated_keys=sum(file.repeated.values()),
    lists_in_another_shape=sum(
      bool(found) and found is not data[name]
      for name, found in (('images', entries), ('annotations', annotations))
    ),
    image_ids_renumbered=len(numbers.new),
    annotation_ids_renumbered=ids.renumbered,
  )
  return Dataset(
    images={
      number: coco_images.entry(
        number, image, by_image.get(number, ()), categories.numbers
      )
      for number, image in images.items()
    },
    categories=categories.by_id,
    num_images=len(entries),
    num_annotations=len(annotations),
    drops=drops,
    sha256=file.sha256,
    size=file.size,
    notes=+notes,
    renumbered=_renumbered(categories, numbers),
    labelled='annotations' in data,
  )


def _used(annotations: list[Any]) -> set[int | str | None]:
  return {
    loose_values.identity(element.get('category_id'))
    for element in annotations
    if _is_object(element)
  }


def _renumbered(
  categories: Categories, numbers: image_numbers.Numbers
) -> dict[str, dict[str, int]]:
  renumbered = {
    'category_ids': {str(k): v for k, v in categories.numbers.items()},
    'image_ids': numbers.new,
  }
  return {name: ids for name, ids in renumbered.items() if ids}


def _group(
  elements: list[Any],
  images: dict[int, dict[str, Any]],
  dropped: set[int],
  numbers: image_numbers.Numbers,
  ids: annotation_ids.Ids,
  drops: Drops,
) -> _ByImage:
  """Groups the annotations by image, without the faulty ones."""
  by_image = collections.defaultdict(list)
  for element in elements:
    valid = _is_object(element)
    image = numbers.of(element.get('image_id')) if valid else None
    try:
      _check_annotation(element, image, images, dropped)
      element = ids.distinct(element)
    except SourceError as fault:
      drops.annotation(image, element.get('id') if valid else None, fault)
      continue
    by_image[image].append(element)
  return by_image


def _distinct(by_image: _ByImage, drops: Drops) -> _ByImage:
  """Leaves out repetitions; they are asked for, so that they stop nothing."""
  kept = {k: repeated_objects.without(group) for k, group in by_image.items()}
  repeated = sum(len(by_image[k]) - len(group) for k, group in kept.items())
  drops.annotations += collections.Counter(repeated_object=repeated)
  return kept


def _check_annotation(
  element: Any,
  image: int | None,
  images: dict[int, dict[str, Any]],
  dropped: set[int],
) -> None:
  if not _is_object(element):
    raise SourceError(
      'malformed_annotation', f'expected an object: {shown(element)}'
    )
  if image in images:
    return
  if image is not None and image in dropped:
    raise SourceError('image_dropped', 'its image cannot be used')
  raise SourceError(
    'unknown_image', f'no image has the id {shown(element.get("image_id"))}'
  )


def _is_object(element: Any) -> bool:
  return isinstance(element, dict)
