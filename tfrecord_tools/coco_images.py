"""Reads the images of a COCO file."""

import collections
import functools
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlparse

from tfrecord_tools import (
  coco_objects,
  folder_index,
  image_numbers,
  loose_values,
)
from tfrecord_tools.entries import ImageEntry, Lazy
from tfrecord_tools.faults import Drops, Note, SourceError, shown

_LISTS = ('neg_category_ids', 'not_exhaustive_category_ids')


def index(
  elements: list[Any], numbers: image_numbers.Numbers, drops: Drops
) -> tuple[dict[int, dict[str, Any]], set[int]]:
  """Indexes images by number, without those that cannot be told apart.

  Args:
    elements: the elements of `images`.
    numbers: the numbers of their ids.
    drops: counts of what is left out; changed in place.

  Returns:
    The elements by number, and the numbers of images that were dropped.

  Raises:
    ConversionError: `drops.stop` is set and there is a fault.
  """
  groups = collections.defaultdict(list)
  for element in elements:
    number = (
      numbers.of(element.get('id')) if isinstance(element, dict) else None
    )
    try:
      check(element, number)
      groups[number].append(element)
    except SourceError as fault:
      drops.image(number, fault)
      groups[number].extend(())
  images = {}
  for number, group in groups.items():
    names = sorted({file_names(element)[0] for element in group})
    if len(names) == 1:
      images[number] = group.pop(0)
      fault = SourceError('duplicate_image_id', f'{names[0]!r} is there twice')
    else:
      # The annotations may belong to any of the files.
      fault = SourceError(
        'ambiguous_image_id',
        f'{names} have the same id; give each image an id of its own',
      )
    for _ in group:
      drops.image(number, fault)
  return images, set(groups) - set(images)


def check(element: Any, number: int | None) -> None:
  """Checks that an image has an id and a name.

  Args:
    element: an element of `images`.
    number: the image's number, None if its id is none.

  Raises:
    SourceError: the element is not usable.
  """
  if not isinstance(element, dict):
    raise SourceError(
      'malformed_image_entry', f'expected an object: {shown(element)}'
    )
  if number is None:
    raise SourceError(
      'malformed_image_id',
      f'expected an integer or a text, got {shown(element.get("id"))}',
    )
  if not file_names(element):
    raise SourceError(
      'no_file_name', f'expected a file_name, got {shown(element)}'
    )


def entry(
  number: int,
  element: dict[str, Any],
  annotations: Sequence[dict[str, Any]],
  category_numbers: Mapping[Any, int],
) -> ImageEntry:
  """Makes the entry of an image.

  Args:
    number: the image's number.
    element: an element of `images` that `check` accepts.
    annotations: its annotations.
    category_numbers: new ids of categories by old ones, empty to keep all.

  Returns:
    The entry.
  """
  notes: list[Note] = []
  size = tuple(_side(element.get(key)) for key in ('height', 'width'))
  if None in size:
    notes.append(Note('sizes_from_files', f'the entry says {size}'))
  make = coco_objects.object_entry
  if category_numbers:
    make = functools.partial(make, category_numbers=category_numbers)
  lists = {
    name: _category_ids(name, element.get(name), category_numbers, notes)
    for name in _LISTS
  }
  return ImageEntry(
    id=number,
    file_names=file_names(element),
    objects=Lazy(make, annotations),
    size=None if size == (None, None) else size,
    **lists,
    notes=tuple(notes),
  )


def file_names(element: dict[str, Any]) -> tuple[str, ...]:
  """Returns the possible file names of an image, the likeliest first.

  LVIS v1 states a `coco_url` instead of a `file_name`, and the names of v0.5
  are those of COCO 2014. The URL ends in a name of COCO 2017, which is tried
  with and without the folder of the split, after the `file_name`.

  Args:
    element: an element of `images`.

  Returns:
    The names, none if the element states no name that a file can have.
  """
  name = element.get('file_name')
  stated = (name,) if _is_name(name) else ()
  return tuple(dict.fromkeys((*stated, *_names_of(element.get('coco_url')))))


def _names_of(url: Any) -> tuple[str, ...]:
  """Returns the names of files that a URL may mean."""
  if not _is_name(url):
    return ()
  try:
    folders = urlparse(url).path.strip('/').split('/')
  except ValueError:  # Brackets that are no address.
    return ()
  names = '/'.join(folders[-2:]), folders[-1]
  return names if folders[-1] else ()


def _is_name(name: Any) -> bool:
  if not isinstance(name, str) or '\0' in name or not name.strip():
    return False
  return folder_index.is_text(name)


def _side(value: Any) -> int | None:
  """Reads a height or a width; tools write 0 or -1 for unknown ones."""
  side = loose_values.whole(value)
  return side if side is not None and side > 0 else None


def _category_ids(
  name: str, value: Any, numbers: Mapping[Any, int], notes: list[Note]
) -> list[int] | None:
  if value is None:
    return None
  keys = value if isinstance(value, list) else [value]
  keys = [loose_values.identity(key) for key in keys]
  ids = [numbers.get(key) for key in keys] if numbers else keys
  if isinstance(value, list) and all(
    isinstance(number, int) and number >= 1 for number in ids
  ):
    return ids
  notes.append(
    Note('category_lists_left_out', f'{name}: expected ids, got {shown(value)}')
  )
  return None
