"""Turns segmentations in other notations into COCO's.

COCO knows polygons, `[[x, y, x, y, ...], ...]`, and run lengths,
`{"counts": ..., "size": [height, width]}`. Exports also hold flat lists, lists
of points, deeper lists, text in place of numbers, and objects. Each of these
that has one meaning is read.
"""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from tfrecord_tools import loose_values

_PLAIN = frozenset((int, float))
_FEWEST_POINTS = 3
_DEEPEST = 8
_NUMBERS = re.compile(r'[-+\d.eE,;\s]+')
_NUMBER_LIST = re.compile(r'\[?\s*\d+\s*([,\s]\s*\d+\s*)+\]?')
# Names of the lists of all x and all y, and of objects that hold an outline.
_AXES = (('x', 'y'), ('all_points_x', 'all_points_y'))
_WRAPPERS = ('points', 'polygon', 'polygons', 'segmentation')


def plain(value: Any) -> Any:
  """Returns a segmentation in COCO's notation.

  Args:
    value: the segmentation of an annotation.

  Returns:
    The value itself if it is in COCO's notation or has no clear meaning;
    otherwise polygons, an RLE or a list of RLEs.
  """
  if _is_plain_polygons(value):
    return value
  if isinstance(value, str):
    return _from_text(value)
  if isinstance(value, Mapping) and 'counts' in value:
    return _plain_rle(value)
  if _holds_rles(value):
    rles = [_plain_rle(rle) for rle in value]
    return rles[0] if len(rles) == 1 else rles
  outlines = _outlines(value)
  return value if outlines is None else outlines


def _is_plain_polygons(value: Any) -> bool:
  if not isinstance(value, list) or not value or _is_points(value):
    return False
  return all(
    isinstance(part, list) and _PLAIN.issuperset(map(type, part))
    for part in value
  )


def _holds_rles(value: Any) -> bool:
  return (
    isinstance(value, list)
    and bool(value)
    and all(isinstance(rle, Mapping) and 'counts' in rle for rle in value)
  )


def _from_text(text: str) -> Any:
  try:
    decoded = json.loads(text)
  except (ValueError, RecursionError):
    if _NUMBERS.fullmatch(text):
      return plain(re.split(r'[,;\s]+', text.strip(' \t\n,;')))
    return _plain_rle({'counts': text})
  return text if isinstance(decoded, str | int | float) else plain(decoded)


def _outlines(value: Any, depth: int = 0) -> list[list[float]] | None:
  """Returns the polygons that a value of any depth holds."""
  if depth > _DEEPEST:
    return None
  if isinstance(value, Mapping):
    return _outlines_of_object(value, depth + 1)
  if isinstance(value, str):
    inner = _from_text(value)
    return _outlines(inner, depth + 1) if isinstance(inner, list) else None
  if not isinstance(value, list):
    return None
  if not any(isinstance(element, list | Mapping) for element in value):
    numbers = [loose_values.number(element) for element in value]
    if None not in numbers:
      return [numbers]
    texts = value and all(isinstance(element, str) for element in value)
    return _joined(value, depth) if texts else None
  return (
    _joined_points(value, depth) if _is_points(value) else _joined(value, depth)
  )


def _joined(value: list[Any], depth: int) -> list[list[float]] | None:
  parts = [_outlines(element, depth + 1) for element in value]
  return None if None in parts else [part for inner in parts for part in inner]


def _is_points(value: list[Any]) -> bool:
  """Returns whether a list holds points, which are no polygons of their own."""
  return len(value) >= _FEWEST_POINTS and all(
    (isinstance(point, list) and len(point) == 2)
    or (isinstance(point, Mapping) and {'x', 'y'} <= point.keys())
    for point in value
  )


def _joined_points(value: list[Any], depth: int) -> list[list[float]] | None:
  pairs = [
    (point['x'], point['y']) if isinstance(point, Mapping) else point
    for point in value
  ]
  if any(isinstance(side, list | Mapping) for pair in pairs for side in pair):
    return _joined(value, depth)
  numbers = [loose_values.number(side) for pair in pairs for side in pair]
  return None if None in numbers else [numbers]


def _outlines_of_object(
  value: Mapping[str, Any], depth: int
) -> list[list[float]] | None:
  for x, y in _AXES:
    lists = [value.get(x), value.get(y)]
    if all(isinstance(axis, list) for axis in lists):
      same = len(lists[0]) == len(lists[1])
      pairs = [list(p) for p in zip(*lists, strict=False)]
      return _joined_points(pairs, depth) if same else None
  if value.get('type') in ('Polygon', 'MultiPolygon'):
    return _rings(value['type'], value.get('coordinates'), depth)
  inner = [value[name] for name in _WRAPPERS if name in value]
  return _outlines(inner[0], depth) if len(inner) == 1 else None


def _rings(kind: str, coordinates: Any, depth: int) -> list[list[float]] | None:
  """Reads GeoJSON's polygons that have no holes, which COCO's cannot have."""
  polygons = [coordinates] if kind == 'Polygon' else coordinates
  if not isinstance(polygons, list):
    return None
  whole = all(isinstance(rings, list) and len(rings) == 1 for rings in polygons)
  return _joined(polygons, depth) if whole else None


def _plain_rle(rle: Mapping[str, Any]) -> Mapping[str, Any]:
  counts, size = rle['counts'], rle.get('size')
  new = {'counts': _plain_counts(counts), 'size': _plain_size(size)}
  same = new['counts'] is counts and new['size'] is size
  return rle if same and isinstance(rle, dict) else new


def _plain_counts(counts: Any) -> Any:
  if isinstance(counts, str):
    return _counts_of_text(counts)
  if isinstance(counts, list) and len(counts) == 1:
    (inner,) = counts
    counts = inner if isinstance(inner, list) else counts
  if isinstance(counts, list) and not {int}.issuperset(map(type, counts)):
    whole = [loose_values.whole(count) for count in counts]
    return counts if None in whole else whole
  return counts


def _counts_of_text(text: str) -> Any:
  if _NUMBER_LIST.fullmatch(text):  # A compressed RLE has no comma or space.
    return [int(digits) for digits in re.findall(r'\d{1,40}', text)]
  if text[:2] in ("b'", 'b"'):
    # Python's notation of bytes; neither mark is in a compressed RLE.
    try:
      return ast.literal_eval(text).decode('ascii')
    except (ValueError, SyntaxError, AttributeError):
      return text
  return text if text == text.strip() else text.strip()


def _plain_size(size: Any) -> Any:
  if isinstance(size, list) and {int}.issuperset(map(type, size)):
    return size
  sides = size
  if isinstance(size, str):
    sides = re.split(r'[,;x\s]+', size.strip(' \t\n()[]'))
  if isinstance(sides, list) and len(sides) == 2:
    whole = [loose_values.whole(side) for side in sides]
    return size if None in whole else whole
  return None if loose_values.is_absent(size) else size
