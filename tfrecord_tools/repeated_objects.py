"""Finds annotations that show the same object again under another id.

Objects365 has boxes that are repeated exactly.
"""

from collections.abc import Iterable
from typing import Any

_WITHIN = ('bbox', 'segmentation', 'iscrowd')


def without(annotations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
  """Leaves out the repetitions among the annotations of an image.

  Args:
    annotations: elements of `annotations`, all of one image.

  Returns:
    The first annotation of each category, box, mask and crowd flag, in order.
    Those without a box and a mask stay, since they may be of any object.
  """
  kept: list[dict[str, Any]] = []
  seen: dict[str, list[list[Any]]] = {}
  for annotation in annotations:
    values = [annotation.get(key) for key in _WITHIN]
    category = annotation.get('category_id')
    same = seen.setdefault(f'{category} {values[0]}', [])
    if any(values[:2]) and values in same:
      continue
    same.append(values)
    kept.append(annotation)
  return kept
