"""Defines the faults of images and annotations, and counts them."""

import collections
import dataclasses
from typing import Any

ON_ERROR = ('skip', 'fail')  # Leave a fault out and count it, or stop.
_EXAMPLES_PER_REASON = 10


class SourceError(ValueError):
  """A fault of one image or annotation, which cannot be converted.

  Attributes:
    reason: short name, by which the manifest counts.
    detail: the expected and the actual content.
  """

  def __init__(self, reason: str, detail: str):
    super().__init__(reason, detail)
    self.reason = reason
    self.detail = detail

  def __str__(self) -> str:
    return f'{self.reason}: {self.detail}'


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
    """Counts an annotation, or stops."""
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
    if self.stop:
      raise ConversionError(f'{place}: {fault}')
    first = self.examples.setdefault(fault.reason, [])
    if len(first) < _EXAMPLES_PER_REASON:
      first.append({'place': place, 'detail': fault.detail})
