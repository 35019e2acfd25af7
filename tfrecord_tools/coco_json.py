"""Loads an annotation file in COCO's format, also with LVIS's fields."""

import collections
import hashlib
import json
import os
from typing import Any
from urllib.parse import urlparse

from tfrecord_tools import coco_objects
from tfrecord_tools.entries import Category, Dataset, ImageEntry, Lazy
from tfrecord_tools.faults import Drops, SourceError

_LARGEST_ID = 2**63 - 1


def load(path: str, *, stop: bool) -> Dataset:
  """Loads an annotation file.

  Args:
    path: the JSON file.
    stop: whether the first fault raises instead of being counted.

  Returns:
    The data set. Its objects are read on access.

  Raises:
    ConversionError: `stop` is set and there is a fault.
    FileNotFoundError: there is no such file.
    ValueError: the file is not in COCO's format at all.
  """
  if not os.path.isfile(path):
    raise FileNotFoundError(f'{path}: expected a COCO annotation file.')
  with open(path, 'rb') as file:
    content = file.read()
  try:
    data = json.loads(content)
  except ValueError as error:
    raise ValueError(f'{path}: expected JSON: {error}') from error
  if not isinstance(data, dict) or not isinstance(data.get('images'), list):
    raise ValueError(f'{path}: expected an object with a list "images".')
  drops = Drops(stop=stop)
  categories = _categories(path, data.get('categories') or [])
  annotations = data.get('annotations') or []
  images, dropped = _images(data['images'], drops)
  by_image = _group(annotations, images, dropped, drops)
  return Dataset(
    images={k: _image(k, v, by_image.get(k, ())) for k, v in images.items()},
    categories=categories,
    num_images=len(data['images']),
    num_annotations=len(annotations),
    drops=drops,
    sha256=hashlib.sha256(content).hexdigest(),
    size=len(content),
  )


def _image(
  number: int, image: dict[str, Any], annotations: list[dict[str, Any]]
) -> ImageEntry:
  size = (image.get('height'), image.get('width'))
  return ImageEntry(
    id=number,
    file_names=_file_names(image),
    objects=Lazy(coco_objects.object_entry, annotations),
    size=None if size == (None, None) else size,
    neg_category_ids=image.get('neg_category_ids'),
    not_exhaustive_category_ids=image.get('not_exhaustive_category_ids'),
  )


def _file_names(image: dict[str, Any]) -> tuple[str, ...]:
  """Returns the possible file names of an image, the likeliest first.

  LVIS states a `coco_url` instead of a `file_name`. The URL ends in a name that
  is tried with and without the folder of the split.
  """
  if image.get('file_name'):
    return (image['file_name'],)
  folders = urlparse(image['coco_url']).path.strip('/').split('/')
  return '/'.join(folders[-2:]), folders[-1]


def _categories(path: str, elements: list[Any]) -> dict[int, Category]:
  categories: dict[int, Category] = {}
  details = Category._fields[2:]
  for element in elements:
    number = element.get('id')
    if not isinstance(number, int) or number < 1:
      raise ValueError(
        f'{path}: category ids are integers of at least 1, 0 is background; '
        f'got {number!r} for {element.get("name")!r}. Renumber the categories.'
      )
    if number in categories:
      raise ValueError(f'{path}: two categories have the id {number}.')
    stated = {field: element.get(field) for field in details}
    name = str(element.get('name', number))
    categories[number] = Category(number, name, **stated)
  return categories


def _images(
  elements: list[Any], drops: Drops
) -> tuple[dict[int, dict[str, Any]], set[int]]:
  """Indexes the images by id; also returns the ids that were dropped."""
  groups = collections.defaultdict(list)
  for element in elements:
    number = _integer(element.get('id')) if _is_object(element) else None
    try:
      _check_image(element, number)
      groups[number].append(element)
    except SourceError as fault:
      drops.image(number, fault)
      groups[number].extend(())
  images = {}
  for number, group in groups.items():
    names = sorted({_file_names(element)[0] for element in group})
    if len(names) == 1:
      images[number] = group.pop(0)
      fault = SourceError('duplicate_image_id', f'{names[0]} is there twice')
    else:
      # The annotations may belong to any of the files.
      fault = SourceError('ambiguous_image_id', f'{names} have the same id')
    for _ in group:
      drops.image(number, fault)
  return images, set(groups) - set(images)


def _check_image(element: Any, number: int | None) -> None:
  if not _is_object(element):
    raise SourceError(
      'malformed_image_entry', f'expected an object: {element!r}'
    )
  if number is None:
    raise SourceError(
      'malformed_image_id',
      f'expected an integer of 64 bits, got {element.get("id")!r}; number the '
      'images, since evaluation needs integer ids',
    )
  names = (element.get('file_name'), element.get('coco_url'))
  if not any(isinstance(name, str) and name for name in names):
    raise SourceError('no_file_name', f'expected a file_name, got {element}')


def _group(
  elements: list[Any],
  images: dict[int, dict[str, Any]],
  dropped: set[int],
  drops: Drops,
) -> dict[int, list[dict[str, Any]]]:
  """Groups the annotations by image id, without the faulty ones."""
  by_image = collections.defaultdict(list)
  seen: set[Any] = set()
  for element in elements:
    valid = _is_object(element)
    image_id = _integer(element.get('image_id')) if valid else None
    number = element.get('id') if valid else None
    try:
      _check_annotation(element, image_id, images, dropped)
      if number is not None:
        _check_new(number, seen)
    except SourceError as fault:
      drops.annotation(image_id, number, fault)
      continue
    by_image[image_id].append(element)
  return by_image


def _check_annotation(
  element: Any,
  image_id: int | None,
  images: dict[int, dict[str, Any]],
  dropped: set[int],
) -> None:
  if not _is_object(element):
    raise SourceError(
      'malformed_annotation', f'expected an object: {element!r}'
    )
  if image_id in dropped:
    raise SourceError('image_dropped', 'its image cannot be used')
  if image_id not in images:
    raise SourceError('unknown_image', f'no image has the id {image_id!r}')


def _check_new(number: Any, seen: set[Any]) -> None:
  if not isinstance(number, int | str):
    raise SourceError('malformed_annotation_id', f'got {number!r}')
  if number in seen:
    raise SourceError('duplicate_annotation_id', f'{number} came before')
  seen.add(number)


def _is_object(element: Any) -> bool:
  return isinstance(element, dict)


def _integer(value: Any) -> int | None:
  """Reads an id, an integer or a string of digits."""
  if isinstance(value, str) and value.isascii() and value.isdigit():
    value = int(value)
  if isinstance(value, bool) or not isinstance(value, int):
    return None
  return value if abs(value) <= _LARGEST_ID else None
