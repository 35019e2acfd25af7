"""Defines the faults of images and annotations, and counts them."""

import collections
import dataclasses
import reprlib
from typing import Any, NamedTuple

from copypaste_tf import printable

ON_ERROR = ('skip', 'fail')  # Leave a fault out and count it, or stop.
_EXAMPLES_PER_REASON = 10
_SHOWN = reprlib.Repr()
_SHOWN.maxlevel, _SHOWN.maxlist, _SHOWN.maxdict = 4, 8, 8
_SHOWN.maxstring = _SHOWN.maxother = 60


class SourceError(ValueError):
  """A fault of one image or annotation, which cannot be converted.

  Attributes:
    reason: short name, by which the manifest counts.
    detail: the expected and the actual content.
  """

  def __init__(self, reason: str, detail: str):
    super().__init__(reason, detail)
    self.reason = reason
    # It may quote the annotation file.
    self.detail = printable.escape(detail)

  def __str__(self) -> str:
    return f'{self.reason}: {self.detail}'


class Note(NamedTuple):
  """A repair of one image or annotation, which changes no label's meaning.

  Attributes:
    name: short name, by which the manifest counts.
    detail: what came and what was taken, '' if the name says it.
  """

  name: str
  detail: str = ''


def shown(value: Any) -> str:
  """Returns the beginning of a value of a file, for a message.

  Args:
    value: any value, also a long or a deep one.
  """
  return _SHOWN.repr(value)


class ConversionError(ValueError):
  """A fault that stops the conversion; the message names its place."""


@dataclasses.dataclass
class Drops:
  """Counts of dropped images and annotations, with examples of each reason.

  Attributes:
    images: number of dropped images by reason.
    annotations: number of dropped annotations by reason.
    examples: by reason, the first faults as `{place, detail}`.
    stop: whether to raise ConversionError instead of counting.
  """

  images: collections.Counter = dataclasses.field(
    default_factory=collections.Counter
  )
  annotations: collections.Counter = dataclasses.field(
    default_factory=collections.Counter
  )
  examples: dict[str, list[dict[str, Any]]] = dataclasses.field(
    default_factory=dict
  )
  stop: bool = False

  def image(self, image_id: Any, fault: SourceError) -> None:
    """Counts an image, or stops."""
    self._note(f'image {image_id}', fault)
    self.images[fault.reason] += 1

  def annotation(self, image_id: Any, number: Any, fault: SourceError) -> None:
    """Counts an annotation, or stops.

    Args:
      image_id: id of its image, for the message.
      number: id of the annotation, for the message.
      fault: why it cannot be converted.

    Raises:
      ConversionError: `stop` is set.
    """
    self._note(f'image {image_id}, annotation {number}', fault)
    self.annotations[fault.reason] += 1

  def add(self, other: 'Drops') -> None:
    """Adds the counts of another part of the data set."""
    self.images += other.images
    self.annotations += other.annotations
    for reason, examples in other.examples.items():
      first = self.examples.setdefault(reason, [])
      first += examples[: _EXAMPLES_PER_REASON - len(first)]

  def to_json(self) -> dict[str, Any]:
    """Returns the counts as data that JSON can hold."""
    return {
      'images': dict(self.images),
      'annotations': dict(self.annotations),
      'examples': self.examples,
    }

  @classmethod
  def from_json(cls, data: dict[str, Any]) -> 'Drops':
    """Restores counts from the data of `to_json`."""
    return cls(
      collections.Counter(data['images']),
      collections.Counter(data['annotations']),
      data['examples'],
    )

  def _note(self, place: str, fault: SourceError) -> None:
    place = printable.escape(place)
    if self.stop:
      raise ConversionError(f'{place}: {fault}')
    first = self.examples.setdefault(fault.reason, [])
    if len(first) < _EXAMPLES_PER_REASON:
      first.append({'place': place, 'detail': fault.detail})
