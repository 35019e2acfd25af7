"""Reads one annotation of COCO's format as an object entry."""

import functools
from typing import Any

from tfrecord_tools import segmentation
from tfrecord_tools.entries import ObjectEntry, UnreadableObject
from tfrecord_tools.faults import SourceError


def object_entry(
  annotation: dict[str, Any],
) -> ObjectEntry | UnreadableObject:
  """Reads one element of `annotations`.

  Args:
    annotation: the JSON object.

  Returns:
    The entry, or the reason why it cannot be read.
  """
  number = annotation.get('id')
  try:
    box = _corners(annotation.get('bbox'))
    crowd = _crowd(annotation.get('iscrowd'))
  except SourceError as fault:
    return UnreadableObject(number, fault)
  shape = annotation.get('segmentation')
  return ObjectEntry(
    category_id=annotation.get('category_id'),
    box=box,
    read_mask=functools.partial(segmentation.read, shape) if shape else None,
    area=annotation.get('area'),
    crowd=crowd,
    id=number,
    difficult=annotation.get('difficult'),
    score=annotation.get('score'),
  )


def _corners(bbox: Any) -> tuple[float, float, float, float] | None:
  """Converts `[x, y, width, height]` to `(ymin, xmin, ymax, xmax)`."""
  if bbox is None:
    return None
  try:
    x, y, width, height = (float(side) for side in bbox)
  except (TypeError, ValueError) as error:
    raise SourceError(
      'malformed_box', f'expected [x, y, width, height], got {bbox!r}'
    ) from error
  return y, x, y + height, x + width


def _crowd(flag: Any) -> bool:
  flag = flag or 0
  if flag not in (0, 1):
    raise SourceError('malformed_iscrowd', f'expected 0 or 1, got {flag!r}')
  return bool(flag)
