"""Reads the categories of a COCO file, and renumbers them where needed."""

import collections
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from tfrecord_tools import coco_lists, loose_values
from tfrecord_tools.entries import Category
from tfrecord_tools.faults import shown

# Records keep classes in 32 bits.
_LARGEST = 2**31 - 1
_DETAILS = Category._fields[2:]
_EXAMPLES = 4
FREQUENCIES = ('r', 'c', 'f')  # LVIS: rare, common and frequent categories.
Key = int | str | None


class Categories(NamedTuple):
  """The categories of a file.

  Attributes:
    by_id: categories by the ids of the records.
    numbers: these ids by the ids of the file; empty if they are equal.
    notes: number of repairs by name.
    remarks: sentences for a person.
  """

  by_id: dict[int, Category]
  numbers: dict[Key, int]
  notes: collections.Counter
  remarks: list[str]


def read(
  path: str,
  value: Any,
  *,
  first: int | None,
  used: Callable[[], Collection[Key]],
) -> Categories:
  """Reads categories.

  Args:
    path: the file, for messages.
    value: its `categories`.
    first: id that the smallest id becomes, None to keep all ids. Other integers
      move by the same distance; ids of another kind are numbered in order.
    used: function that returns the category ids of the annotations.

  Returns:
    The categories. Those that no annotation uses are left out if their ids
    cannot be kept.

  Raises:
    ValueError: the value is not a list of categories, two of them share an id,
      or an id in use cannot be kept.
  """
  notes: collections.Counter = collections.Counter()
  elements = _by_key(path, value, notes)
  if first is None:
    numbers, remarks = _kept(path, elements, used), []
    for key in sorted(elements.keys() - numbers.keys(), key=str):
      notes['unused_categories_left_out'] += 1
      remarks.append(_left_out(key, elements[key]))
  else:
    numbers, remarks = _moved(path, list(elements), first), []
  by_id = {
    number: _category(number, elements[key], notes)
    for key, number in numbers.items()
  }
  same = all(key == number for key, number in numbers.items())
  return Categories(by_id, {} if same else numbers, notes, remarks)


def _by_key(
  path: str, value: Any, notes: collections.Counter
) -> dict[Key, dict[str, Any]]:
  """Indexes the categories by id."""
  value = [] if value is None else coco_lists.unfolded(value)
  if not isinstance(value, list) or not all(
    isinstance(element, dict) for element in value
  ):
    raise ValueError(
      f'{path}: "categories": expected a list of objects such as '
      f'{{"id": 1, "name": "cat"}}, got {type(value).__name__} '
      f'{shown(value)}.'
    )
  elements: dict[Key, dict[str, Any]] = {}
  for element in coco_lists.unboxed(value):
    key = loose_values.identity(element.get('id'))
    first = elements.setdefault(key, element)
    if first is element:
      continue
    if key is None:
      raise ValueError(
        f'{path}: expected an "id" for each category, got {shown(first)} and '
        f'{shown(element)}.'
      )
    if first.get('name') != element.get('name'):
      raise ValueError(
        f'{path}: two categories have the id {key}: {first.get("name")!r} and '
        f'{element.get("name")!r}. Give them different ids.'
      )
    notes['repeated_categories'] += 1
  return elements


def _kept(
  path: str,
  elements: dict[Key, dict[str, Any]],
  used: Callable[[], Collection[Key]],
) -> dict[Key, int]:
  kept = {k: k for k in elements if isinstance(k, int) and 1 <= k <= _LARGEST}
  others = [key for key in elements if key not in kept]
  present = used() if others else ()
  needed = [key for key in others if key in present]
  if not needed:
    return kept
  element = elements[needed[0]]
  raise ValueError(
    f'{path}: category ids are integers of at least 1 and 31 bits, 0 is '
    f'background; got {shown(element.get("id"))} for '
    f'{shown(element.get("name"))}, which annotations use. '
    f'{_advice(path, list(elements))}'
  )


def _advice(path: str, keys: list[Key]) -> str:
  if None in keys:
    return 'Give each category an "id".'
  moved = _moved(path, keys, 1).items()
  pairs = [f'{shown(old)} becomes {new}' for old, new in moved]
  more = ', ...' if len(pairs) > _EXAMPLES else ''
  return (
    'Pass --first_category_id=1 to renumber the categories: '
    f'{", ".join(pairs[:_EXAMPLES])}{more}. The manifest keeps the old ids. '
    'Pass it for every file of the data set.'
  )


def _moved(path: str, keys: list[Key], first: int) -> dict[Key, int]:
  if None in keys:
    raise ValueError(f'{path}: expected an id for each category, one has none.')
  if not keys:
    return {}
  if all(isinstance(key, int) for key in keys):
    distance = first - min(keys)
    if max(keys) + distance <= _LARGEST:
      return {key: key + distance for key in keys}
  # By their text, so that every file of a data set gives the same numbers.
  return {key: first + i for i, key in enumerate(sorted(keys, key=str))}


def _category(
  number: int, element: dict[str, Any], notes: collections.Counter
) -> Category:
  name = element.get('name')
  if loose_values.is_absent(name) or not isinstance(name, str | int | float):
    name = number
  # Half a character, which records cannot hold, becomes JSON's notation of it.
  name = str(name).encode('utf-8', 'backslashreplace').decode()
  details = {field: element.get(field) for field in _DETAILS}
  if details['frequency'] not in (*FREQUENCIES, None):
    notes['frequencies_left_out'] += 1
    details['frequency'] = None
  return Category(number, name, **details)


def _left_out(key: Key, element: dict[str, Any]) -> str:
  return (
    f'The category {shown(key)}, {shown(element.get("name"))}, is left out: '
    'its id cannot be kept, and no annotation uses it. If other files of the '
    'data set use it, pass --first_category_id=1 for all of them.'
  )
