"""Gives new ids to annotations whose ids are repeated."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from tfrecord_tools import loose_values
from tfrecord_tools.faults import SourceError, shown

_SHOWN = ('image_id', 'category_id', 'bbox', 'segmentation')


class Ids:
  """Gives a new id to an annotation whose id another annotation has.

  Some files count the ids anew in each image, or have one id for all objects.
  Such annotations are of different objects. An annotation that shows the same
  object again is a duplicate.

  Attributes:
    renumbered: annotations that got a new id.
  """

  def __init__(self, elements: Iterable[Any]):
    """Finds the repeated ids.

    Args:
      elements: the annotations of a file; those that are not objects are
        skipped.
    """
    self.renumbered = 0
    self._repeated: set[int | str] = set()
    self._largest = 0
    self._objects: dict[int | str, set[bytes]] = {}
    seen: set[int | str] = set()
    for element in elements:
      key = _key(element)
      if key in seen:
        self._repeated.add(key)
      elif key is not None:
        seen.add(key)
    if self._repeated:
      numbers = [key for key in seen if loose_values.fits_int64(key)]
      self._largest = max([0, *numbers])

  def distinct(self, element: dict[str, Any]) -> dict[str, Any]:
    """Returns an annotation with an id of its own.

    Args:
      element: the annotation.

    Returns:
      The annotation itself if its id is its own; else a copy with a new id, or
      without one if no larger integer is left.

    Raises:
      SourceError: the annotation repeats one that came before.
    """
    if not self._repeated or (key := _key(element)) not in self._repeated:
      return element
    objects = self._objects.setdefault(key, set())
    shown = _digest(element)
    if shown in objects:
      raise SourceError(
        'duplicate_annotation_id',
        f'{element["id"]} came before, with the same object',
      )
    objects.add(shown)
    if len(objects) == 1:
      return element
    self.renumbered += 1
    self._largest += 1
    new = self._largest if self._largest <= loose_values.LARGEST_INT64 else None
    return {**element, 'id': new}


def _key(element: Any) -> int | str | None:
  if not isinstance(element, dict):
    return None
  return loose_values.identity(element.get('id'))


def _digest(element: dict[str, Any]) -> bytes:
  values = [element.get(key) for key in _SHOWN]
  try:
    text = json.dumps(values, sort_keys=True)
  except RecursionError as error:
    raise SourceError(
      'malformed_annotation', f'lists are nested too deep: {shown(values)}'
    ) from error
  return hashlib.blake2b(text.encode(), digest_size=16).digest()
