"""Reads the lists of a COCO file, also those that are written as objects."""

from typing import Any

from tfrecord_tools.faults import shown

_FIELDS = {
  'images': '{"id", "file_name"}',
  'annotations': '{"id", "image_id", "category_id", "bbox", "segmentation"}',
}
# The field that the key of an element in an object, or in an object of lists,
# stands for.
_KEYS = {'images': ('id', 'id'), 'annotations': ('id', 'image_id')}
# Fields that are never lists.
_SCALARS = ('id', 'image_id', 'category_id', 'file_name')


def elements(path: str, data: dict[str, Any], name: str) -> list[Any]:
  """Returns the elements of `images` or `annotations`.

  Args:
    path: the file, for the message.
    data: its main object.
    name: `images` or `annotations`. It may be a list, a list of lists, one
      element, an object of elements by id, an object of lists by image id, or a
      table of columns. Scalars may stand in lists of one, as R writes them.

  Returns:
    The elements. They are not checked.

  Raises:
    ValueError: the value is none of these.
  """
  return unboxed(_elements(path, data.get(name), name))


def unfolded(value: Any) -> Any:
  """Returns the elements of a list that is written in another shape.

  Args:
    value: one element in place of a list of one, as Matlab writes it, or a
      table by columns, as pandas does.

  Returns:
    The elements; any other value as it is.
  """
  if not isinstance(value, dict) or 'id' not in value:
    return value
  if not isinstance(value['id'], dict | list):
    return [value]
  columns = {key: _column(column) for key, column in value.items()}
  rows = list(columns['id'])
  if any(list(column) != rows for column in columns.values()):
    return value
  return [{k: column[row] for k, column in columns.items()} for row in rows]


def unboxed(elements: list[Any]) -> list[Any]:
  """Takes the scalars of elements out of lists of one, as R writes them.

  Args:
    elements: the elements of a list; returned as they are if no id and no name
      of the first is in a list.
  """
  if elements and _is_boxed(elements[0]):
    return [_unboxed(element) for element in elements]
  return elements


def _elements(path: str, value: Any, name: str) -> list[Any]:
  if value is None:
    return []
  value = unfolded(value)
  if isinstance(value, list):
    nested = value and all(isinstance(v, list) for v in value)
    return [e for inner in value for e in inner] if nested else value
  single, many = _KEYS[name]
  if isinstance(value, dict):
    values = value.values()
    if all(isinstance(v, dict) for v in values):
      return [{single: key, **v} for key, v in value.items()]
    if all(isinstance(v, list) for v in values):
      return [_keyed(many, key, e) for key, v in value.items() for e in v]
  raise ValueError(
    f'{path}: "{name}": expected a list of objects {_FIELDS[name]}, got '
    f'{type(value).__name__} {shown(value)}.'
  )


def _column(column: Any) -> dict[Any, Any]:
  if isinstance(column, list):
    return dict(enumerate(column))
  return column if isinstance(column, dict) else {}


def _is_boxed(element: Any) -> bool:
  if not isinstance(element, dict):
    return False
  return any(isinstance(element.get(key), list) for key in _SCALARS)


def _unboxed(element: Any) -> Any:
  return (
    {key: _inner(value) for key, value in element.items()}
    if _is_boxed(element)
    else element
  )


def _inner(value: Any) -> Any:
  if not isinstance(value, list) or len(value) != 1:
    return value
  return value if isinstance(value[0], list | dict) else value[0]


def _keyed(field: str, key: str, element: Any) -> Any:
  return {field: key, **element} if isinstance(element, dict) else element
