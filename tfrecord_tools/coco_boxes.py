"""Reads the boxes of COCO annotations in the ways in which tools write them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tfrecord_tools import loose_values

Corners = tuple[float, float, float, float]
_SIDES = 4
# Names of the sides in objects: those of [x, y, width, height], and of corners.
_SIZES = (
  ('x', 'y', 'width', 'height'),
  ('x', 'y', 'w', 'h'),
  ('left', 'top', 'width', 'height'),
)
_CORNERS = (
  ('xmin', 'ymin', 'xmax', 'ymax'),
  ('x_min', 'y_min', 'x_max', 'y_max'),
  ('x1', 'y1', 'x2', 'y2'),
  ('left', 'top', 'right', 'bottom'),
)


def corners(bbox: Any) -> Corners | None:
  """Reads a box.

  Args:
    bbox: `[x, y, width, height]`, also as text, with numbers as text, within
      another list, or as an object that names its sides.

  Returns:
    `(ymin, xmin, ymax, xmax)`, None if the value is not four numbers.
  """
  if isinstance(bbox, str):
    bbox = _from_text(bbox)
  if isinstance(bbox, list) and len(bbox) == 1:
    (bbox,) = bbox
  if isinstance(bbox, Mapping):
    return _from_names(bbox)
  if not isinstance(bbox, list | tuple) or len(bbox) != _SIDES:
    return None
  return _from_sizes([loose_values.number(side) for side in bbox])


def is_plain(bbox: Any) -> bool:
  """Returns whether a box is a list of four numbers, as COCO defines it."""
  return (
    isinstance(bbox, list)
    and len(bbox) == _SIDES
    and set(map(type, bbox)) <= {int, float}
  )


def _from_text(text: str) -> Any:
  try:
    return json.loads(text)
  except (ValueError, RecursionError):
    return re.split(r'[,;\s]+', text.strip(' \t\n()[]'))


def _from_names(box: Mapping[str, Any]) -> Corners | None:
  box = {str(key).lower(): value for key, value in box.items()}
  for names in _SIZES:
    if all(name in box for name in names):
      return _from_sizes([loose_values.number(box[name]) for name in names])
  for names in _CORNERS:
    if all(name in box for name in names):
      sides = [loose_values.number(box[name]) for name in names]
      if None in sides:
        return None
      left, top, right, bottom = sides
      return top, left, bottom, right
  return None


def _from_sizes(sides: list[float | None]) -> Corners | None:
  if None in sides:
    return None
  x, y, width, height = sides
  return y, x, y + height, x + width
