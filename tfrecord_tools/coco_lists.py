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


def elements(path: str, data: dict[str, Any], name: str) -> list[Any]:
  """Returns the elements of `images` or `annotations`.

  Args:
    path: the file, for the message.
    data: its main object.
    name: `images` or `annotations`. It may be a list, a list of lists, an
      object of elements by id, or an object of lists by image id.

  Returns:
    The elements. They are not checked.

  Raises:
    ValueError: the value is none of these.
  """
  value = data.get(name)
  if value is None:
    return []
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


def _keyed(field: str, key: str, element: Any) -> Any:
  return {field: key, **element} if isinstance(element, dict) else element
