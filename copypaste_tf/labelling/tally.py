"""Counts what a shard of pseudo-labelled records holds and lacks."""

import collections
import dataclasses
from typing import Any

import numpy as np

from copypaste_tf import printable
from copypaste_tf.labelling import gates
from copypaste_tf.labelling.labels import Labelled
from copypaste_tf.records import record_categories

_EXAMPLES = 3  # Faults of images that are kept for each reason.
_LARGEST = ('num_planes', 'max_instances', 'max_height', 'max_width')


def _counter() -> Any:
  return dataclasses.field(default_factory=collections.Counter)


@dataclasses.dataclass
class Tally:
  """Counts over a shard or over all.

  Attributes:
    images: records that were read.
    num_examples: records written.
    num_annotations: labels written.
    images_dropped: records that were left out, by reason.
    annotations_dropped: detections above the threshold that are no labels, by
      reason.
    examples: the first left out records by reason, as `{place, detail}`.
    apart: labels whose box lies apart from its mask; see `labels.Labelled`.
    largest: maxima over the records, by their names in the manifest.
    record_categories: labels of each record by category, as text; see
      `copypaste_tf.records.record_categories`.
    counted: counts of the labels that a training would take; see `record`.
  """

  images: int = 0
  num_examples: int = 0
  num_annotations: int = 0
  images_dropped: collections.Counter = _counter()
  annotations_dropped: collections.Counter = _counter()
  examples: dict[str, list] = dataclasses.field(default_factory=dict)
  apart: int = 0
  largest: dict[str, int] = dataclasses.field(
    default_factory=lambda: dict.fromkeys(_LARGEST, 0)
  )
  record_categories: list[str] = dataclasses.field(default_factory=list)
  counted: gates.LabelCounts = gates.LabelCounts()

  def record(
    self, labelled: Labelled, counted_score: float, max_detections: int
  ) -> None:
    """Counts a record.

    Args:
      labelled: the record.
      counted_score: score from which a label is in `counted`.
      max_detections: largest number of detections of the model in an image.
    """
    record = labelled.record
    self.images += 1
    self.num_examples += 1
    self.num_annotations += len(record.classes)
    self.annotations_dropped += labelled.dropped
    self.apart += labelled.apart
    sizes = len(record.planes), len(record.classes), record.height, record.width
    self._enlarge(dict(zip(_LARGEST, sizes, strict=True)))
    self.record_categories.append(record_categories.text(record.classes))
    sure = record.scores >= np.float32(counted_score)
    self.counted += gates.count([record.classes[sure]], max_detections)

  def drop(self, reason: str, place: str, detail: str) -> None:
    """Counts a record that was left out.

    Args:
      reason: short name, by which the manifest counts.
      place: the record and its id.
      detail: the expected and the actual content.
    """
    self.images += 1
    self.images_dropped[reason] += 1
    first = self.examples.setdefault(reason, [])
    if len(first) < _EXAMPLES:
      first.append({'place': place, 'detail': printable.escape(detail)})

  def add(self, other: 'Tally') -> None:
    """Adds the counts of other records."""
    for name in ('images', 'num_examples', 'num_annotations', 'apart'):
      setattr(self, name, getattr(self, name) + getattr(other, name))
    self.images_dropped += other.images_dropped
    self.annotations_dropped += other.annotations_dropped
    for reason, examples in other.examples.items():
      first = self.examples.setdefault(reason, [])
      first += examples[: _EXAMPLES - len(first)]
    self._enlarge(other.largest)
    self.record_categories += other.record_categories
    self.counted += other.counted

  def problems(self, max_dropped: float) -> list[str]:
    """Lists losses that are too large to be accidents.

    Args:
      max_dropped: fraction of the records that may be left out.
    """
    found = []
    lost = self.images_dropped.total()
    if lost > max_dropped * self.images:
      first = next(iter(self.examples.values()))[0]
      found.append(
        f'{lost} of {self.images} records were left out, such as '
        f'{first["place"]}: {first["detail"]}; expected at most '
        f'{max_dropped:.0%} (--max_dropped)'
      )
    dropped = self.annotations_dropped
    if dropped.total() > self.num_annotations:
      found.append(
        f'{dropped.total()} detections are no labels, {self.num_annotations} '
        f'are: {dict(sorted(dropped.items()))}; expected that most are'
      )
    return found

  def to_json(self) -> dict[str, Any]:
    """Returns the tally as data that JSON can hold."""
    fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
    return {**fields, 'counted': dataclasses.asdict(self.counted)}

  @classmethod
  def from_json(cls, data: dict[str, Any]) -> 'Tally':
    """Restores a tally from the data of `to_json`."""
    dropped = {
      name: collections.Counter(data[name])
      for name in ('images_dropped', 'annotations_dropped')
    }
    counted = data['counted']
    by_class = {int(k): count for k, count in counted['by_class'].items()}
    counted = gates.LabelCounts(**counted | {'by_class': by_class})
    return cls(**data | dropped | {'counted': counted})

  def _enlarge(self, largest: dict[str, int]) -> None:
    for name, value in largest.items():
      self.largest[name] = max(self.largest[name], int(value))
