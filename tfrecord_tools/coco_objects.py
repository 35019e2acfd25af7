"""Reads one annotation of COCO's format as an object entry."""

import functools
from collections.abc import Mapping
from typing import Any

from tfrecord_tools import (
  coco_boxes,
  loose_values,
  segmentation,
  segmentation_forms,
)
from tfrecord_tools.entries import ObjectEntry, UnreadableObject
from tfrecord_tools.faults import Note, SourceError, shown

_ID_KEYS = ('image_id', 'category_id', 'id')


def object_entry(
  annotation: dict[str, Any],
  category_numbers: Mapping[Any, int] | None = None,
) -> ObjectEntry | UnreadableObject:
  """Reads one element of `annotations`.

  Args:
    annotation: the JSON object.
    category_numbers: new ids of categories by old ones, None to keep all.

  Returns:
    The entry, or the reason why it cannot be read.
  """
  notes: list[Note] = []
  number = _number(annotation, notes)
  try:
    crowd = _crowd(annotation.get('iscrowd'), notes)
    box = _box(annotation, notes)
  except SourceError as fault:
    return UnreadableObject(number, fault)
  return ObjectEntry(
    category_id=_category(annotation.get('category_id'), category_numbers),
    box=box,
    read_mask=_mask(annotation.get('segmentation'), box, notes),
    area=_area(annotation.get('area'), notes),
    crowd=crowd,
    id=number,
    difficult=_difficult(annotation.get('difficult'), notes),
    score=_score(annotation.get('score'), notes),
    notes=tuple(notes),
  )


def _number(annotation: dict[str, Any], notes: list[Note]) -> int | str | None:
  """Returns the id; also notes ids of every kind that are not integers."""
  written = [annotation.get(key) for key in _ID_KEYS]
  if any(
    isinstance(value, str | float)
    and isinstance(loose_values.identity(value), int)
    for value in written
  ):
    notes.append(Note('ids_read_as_integers', shown(written)))
  value = annotation.get('id')
  number = loose_values.identity(value)
  if loose_values.fits_int64(number):
    return number
  if loose_values.is_absent(value):
    return None
  notes.append(Note('annotation_ids_left_out', shown(value)))
  return shown(value)


def _category(value: Any, numbers: Mapping[Any, int] | None) -> Any:
  key = loose_values.identity(value)
  if numbers:
    # An unknown id must not be taken for one of the new ones.
    return numbers.get(key, shown(value))
  return value if key is None else key


def _box(
  annotation: dict[str, Any], notes: list[Note]
) -> coco_boxes.Corners | None:
  bbox = annotation.get('bbox')
  if loose_values.is_absent(bbox):
    return None
  corners = coco_boxes.corners(bbox)
  if corners is None:
    got = _got('[x, y, width, height]', bbox)
    if loose_values.is_absent(annotation.get('segmentation')):
      raise SourceError('malformed_box', got)
    notes.append(Note('unreadable_boxes', got))
  elif not coco_boxes.is_plain(bbox):
    notes.append(Note('boxes_in_another_notation', shown(bbox)))
  return corners


def _mask(
  value: Any, box: coco_boxes.Corners | None, notes: list[Note]
) -> functools.partial | None:
  if loose_values.is_absent(value):
    return None
  shape = segmentation_forms.plain(value)
  if shape is not value:
    notes.append(Note('segmentations_in_another_notation', shown(value)))
  return functools.partial(segmentation.read, shape, box=box)


def _area(value: Any, notes: list[Note]) -> float | None:
  """Returns the area; one of at most 0 stands for an unknown one."""
  area = loose_values.number(value)
  if area is not None and area > 0:
    return area
  if not loose_values.is_absent(value):
    notes.append(Note('unreadable_areas', _got('a number above 0', value)))
  return None


def _crowd(value: Any, notes: list[Note]) -> bool:
  crowd = loose_values.flag(value)
  if isinstance(value, str) or loose_values.whole(value) == -1:
    notes.append(Note('flags_in_another_notation', f'iscrowd {shown(value)}'))
  if crowd is not None:
    return crowd
  if loose_values.is_absent(value) or loose_values.whole(value) == -1:
    return False
  raise SourceError('malformed_iscrowd', _got('0 or 1', value))


def _difficult(value: Any, notes: list[Note]) -> bool | None:
  difficult = loose_values.flag(value)
  if difficult is None and not loose_values.is_absent(value):
    notes.append(Note('unreadable_difficult_left_out', _got('0 or 1', value)))
  return difficult


def _score(value: Any, notes: list[Note]) -> float | None:
  score = loose_values.number(value)
  if score is not None and 0 <= score <= 1:
    return score
  if not loose_values.is_absent(value):
    notes.append(Note('unreadable_scores_left_out', _got('0 to 1', value)))
  return None


def _got(expected: str, value: Any) -> str:
  return f'expected {expected}, got {shown(value)}'
