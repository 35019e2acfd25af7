"""An annotation file in COCO's format, indexed by image, with its faults."""

import collections
import hashlib
import json
from typing import Any, NamedTuple
from urllib.parse import urlparse

from tfrecord_tools.faults import Drops, SourceError

_LARGEST_ID = 2**63 - 1


class Dataset(NamedTuple):
  """What an annotation file says.

  Attributes:
    images: the usable elements of `images` by id.
    annotations: the usable elements of `annotations` by image id.
    categories: names by id.
    num_images: elements of `images` in the file.
    num_annotations: elements of `annotations` in the file.
    drops: what is not usable.
    sha256: digest of the file.
    size: bytes of the file.
  """

  images: dict[int, dict[str, Any]]
  annotations: dict[int, list[dict[str, Any]]]
  categories: dict[int, str]
  num_images: int
  num_annotations: int
  drops: Drops
  sha256: str
  size: int


def load(path: str, *, stop: bool) -> Dataset:
  """Reads and indexes an annotation file.

  Args:
    path: the JSON file.
    stop: whether the first fault raises instead of being counted.

  Returns:
    The data set.

  Raises:
    ConversionError: `stop` is set and there is a fault.
    ValueError: the file is not in COCO's format at all.
  """
  with open(path, 'rb') as file:
    raw = file.read()
  try:
    data = json.loads(raw)
  except ValueError as error:
    raise ValueError(f'{path}: expected JSON: {error}') from error
  if not isinstance(data, dict) or not isinstance(data.get('images'), list):
    raise ValueError(f'{path}: expected an object with a list "images".')
  drops = Drops(stop=stop)
  categories = _categories(path, data.get('categories') or [])
  labels = data.get('annotations') or []
  images, dropped = _images(data['images'], drops)
  annotations = _annotations(labels, images, dropped, drops)
  return Dataset(
    images,
    annotations,
    categories,
    len(data['images']),
    len(labels),
    drops,
    hashlib.sha256(raw).hexdigest(),
    len(raw),
  )


def file_names(entry: dict[str, Any]) -> list[str]:
  """Names under which an image may lie in its folder, the likeliest first.

  Args:
    entry: an element of `images`.

  Returns:
    `file_name`, or what the `coco_url` of LVIS ends in, with and without the
    folder of the split.
  """
  if entry.get('file_name'):
    return [entry['file_name']]
  parts = urlparse(entry['coco_url']).path.strip('/').split('/')
  return ['/'.join(parts[-2:]), parts[-1]]


def _categories(path: str, entries: list[Any]) -> dict[int, str]:
  categories: dict[int, str] = {}
  for entry in entries:
    number = entry.get('id')
    if not isinstance(number, int) or number < 1:
      raise ValueError(
        f'{path}: category ids are integers of at least 1, 0 is background; '
        f'got {number!r} for {entry.get("name")!r}. Renumber the categories.'
      )
    if number in categories:
      raise ValueError(f'{path}: two categories have the id {number}.')
    categories[number] = str(entry.get('name', number))
  return categories


def _images(
  entries: list[Any], drops: Drops
) -> tuple[dict[int, dict[str, Any]], set[int]]:
  """Indexes the images; returns also the ids that were dropped."""
  groups = collections.defaultdict(list)
  for entry in entries:
    number = _integer(entry.get('id')) if _is_object(entry) else None
    try:
      _check_image(entry, number)
      groups[number].append(entry)
    except SourceError as fault:
      drops.image(number, fault)
      groups[number].extend(())
  images = {}
  for number, group in groups.items():
    names = sorted({file_names(entry)[0] for entry in group})
    if len(names) == 1:
      images[number] = group.pop(0)
      fault = SourceError('duplicate_image_id', f'{names[0]} is there twice')
    else:
      # Nobody can tell which of the files the annotations belong to.
      fault = SourceError('ambiguous_image_id', f'{names} have the same id')
    for _ in group:
      drops.image(number, fault)
  return images, set(groups) - set(images)


def _check_image(entry: Any, number: int | None) -> None:
  if not _is_object(entry):
    raise SourceError('malformed_image_entry', f'expected an object: {entry!r}')
  if number is None:
    raise SourceError(
      'malformed_image_id',
      f'expected an integer of 64 bits, got {entry.get("id")!r}; number the '
      'images, since evaluation needs integer ids',
    )
  names = (entry.get('file_name'), entry.get('coco_url'))
  if not any(isinstance(name, str) and name for name in names):
    raise SourceError('no_file_name', f'expected a file_name, got {entry}')


def _annotations(
  entries: list[Any],
  images: dict[int, dict[str, Any]],
  dropped: set[int],
  drops: Drops,
) -> dict[int, list[dict[str, Any]]]:
  by_image = collections.defaultdict(list)
  seen: set[Any] = set()
  for entry in entries:
    image_id = _integer(entry.get('image_id')) if _is_object(entry) else None
    number = entry.get('id') if _is_object(entry) else None
    try:
      _check_annotation(entry, image_id, images, dropped)
      if number is not None:
        _check_new(number, seen)
    except SourceError as fault:
      drops.annotation(image_id, number, fault)
      continue
    by_image[image_id].append(entry)
  return dict(by_image)


def _check_annotation(
  entry: Any,
  image_id: int | None,
  images: dict[int, dict[str, Any]],
  dropped: set[int],
) -> None:
  if not _is_object(entry):
    raise SourceError('malformed_annotation', f'expected an object: {entry!r}')
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


def _is_object(entry: Any) -> bool:
  return isinstance(entry, dict)


def _integer(value: Any) -> int | None:
  """Reads an id; digits in a string are one."""
  if isinstance(value, str) and value.isascii() and value.isdigit():
    value = int(value)
  if isinstance(value, bool) or not isinstance(value, int):
    return None
  return value if abs(value) <= _LARGEST_ID else None
