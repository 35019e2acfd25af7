"""Tallies a conversion, and builds the manifest of a data set."""

import collections
import dataclasses
import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from copypaste_tf import printable, whole_files
from copypaste_tf.examples import IDS_PER_PLANE, SCHEMA_VERSION
from copypaste_tf.records import Record, record_categories
from tfrecord_tools import storage
from tfrecord_tools.entries import Category
from tfrecord_tools.faults import Drops, Note

_LARGEST = (
  'num_planes',
  'num_crowd_planes',
  'max_instances',
  'max_height',
  'max_width',
)


@dataclasses.dataclass
class Tally:
  """Counts over a shard or the whole data set.

  Attributes:
    num_examples: records written.
    num_annotations: objects and class maps written.
    drops: counts of what was left out.
    notes: counts of repairs by name.
    examples: the first repair of each name that needs an explanation, as
      `{place, detail}`.
    largest: maxima over the records, by their names in the manifest.
    digests: SHA-256 digests of the image files of each shard.
    record_categories: categories of each record with the number of its objects,
      crowds left out, as text; see `copypaste_tf.records.record_categories`.
  """

  num_examples: int = 0
  num_annotations: int = 0
  drops: Drops = dataclasses.field(default_factory=Drops)
  notes: collections.Counter = dataclasses.field(
    default_factory=collections.Counter
  )
  examples: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
  largest: dict[str, int] = dataclasses.field(
    default_factory=lambda: dict.fromkeys(_LARGEST, 0)
  )
  digests: list[str] = dataclasses.field(default_factory=list)
  record_categories: list[str] = dataclasses.field(default_factory=list)

  def record(self, record: Record) -> None:
    """Counts a written record."""
    self.num_examples += 1
    self.num_annotations += len(record.classes)
    self.num_annotations += record.class_map is not None
    counted = record.classes[~record.crowd]
    self.record_categories.append(record_categories.text(counted))
    in_crowds = record.ids[record.crowd & (record.ids > 0)]
    crowd = np.unique(in_crowds // IDS_PER_PLANE).size
    sizes = (
      len(record.planes) - crowd,
      crowd,
      len(record.classes),
      record.height,
      record.width,
    )
    self._update_largest(dict(zip(_LARGEST, sizes, strict=True)))

  def note(self, place: str, notes: Iterable[Note]) -> None:
    """Counts the repairs of an image or annotation."""
    for name, detail in notes:
      self.notes[name] += 1
      if detail:
        self.examples.setdefault(
          name, {'place': place, 'detail': printable.escape(detail)}
        )

  def add(self, other: 'Tally') -> None:
    """Adds the counts of other images."""
    self.num_examples += other.num_examples
    self.num_annotations += other.num_annotations
    self.drops.add(other.drops)
    self.notes += other.notes
    self.examples = {**other.examples, **self.examples}
    self.digests += other.digests
    self.record_categories += other.record_categories
    self._update_largest(other.largest)

  def to_json(self) -> dict[str, Any]:
    """Returns the tally as data that JSON can hold."""
    fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
    return {**fields, 'drops': self.drops.to_json()}

  @classmethod
  def from_json(cls, data: dict[str, Any]) -> 'Tally':
    """Restores a tally from the data of `to_json`."""
    drops = Drops.from_json(data['drops'])
    notes = collections.Counter(data['notes'])
    return cls(**{**data, 'drops': drops, 'notes': notes})

  def _update_largest(self, largest: dict[str, int]) -> None:
    for name, value in largest.items():
      self.largest[name] = max(self.largest[name], int(value))


@dataclasses.dataclass
class Totals:
  """Counts of the whole source, and of its part outside of the fraction."""

  images: int
  annotations: int
  images_not_selected: int
  annotations_not_selected: int


def build(
  tally: Tally,
  totals: Totals,
  *,
  arguments: dict[str, Any],
  categories: dict[int, Category],
  sources: dict[str, Any],
  shards: list[dict[str, Any]],
) -> dict[str, Any]:
  """Builds the manifest of a complete data set.

  Args:
    tally: the counts of all shards and of the loader.
    totals: the counts of the source.
    arguments: flags on which the bytes of the records depend.
    categories: categories by id.
    sources: digest and size of the annotations.
    shards: the states of the shards, in order.

  Returns:
    The manifest. It does not depend on the time, the place or the number of
    workers.
  """
  images = hashlib.sha256('\n'.join(tally.digests).encode()).hexdigest()
  return {
    'schema_version': SCHEMA_VERSION,
    'num_examples': tally.num_examples,
    'include_masks': arguments['include_masks'],
    **tally.largest,
    'label_map': {str(k): v.name for k, v in sorted(categories.items())},
    'categories': {str(k): v.details for k, v in sorted(categories.items())},
    'category_counts': _category_counts(tally, categories),
    'counts': {
      'images': {
        'in': totals.images,
        'written': tally.num_examples,
        'dropped': sum(tally.drops.images.values()),
        'not_selected': totals.images_not_selected,
      },
      'annotations': {
        'in': totals.annotations,
        'written': tally.num_annotations,
        'dropped': sum(tally.drops.annotations.values()),
        'not_selected': totals.annotations_not_selected,
      },
    },
    'dropped': tally.drops.to_json(),
    'notes': dict(tally.notes),
    'note_examples': tally.examples,
    'arguments': arguments,
    'sources': {**sources, 'images_sha256': images},
    'shards': shards,
  }


def _category_counts(
  tally: Tally, categories: Iterable[int]
) -> dict[str, dict[str, int]]:
  """Counts the images that hold each category, and its objects."""
  images, instances = record_categories.totals(tally.record_categories)
  return {
    str(number): {'images': images[number], 'instances': instances[number]}
    for number in sorted(categories)
  }


def write(path: str, content: dict[str, Any]) -> None:
  """Writes a manifest or the state of a shard, atomically."""
  text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
  # JSON's notation of half a character, which UTF-8 cannot hold.
  data = f'{text}\n'.encode('utf-8', 'backslashreplace')
  whole_files.write_bytes(path, data)


def read(path: str) -> dict[str, Any]:
  """Reads a manifest or the state of a shard.

  Args:
    path: the file.

  Returns:
    Its data.

  Raises:
    FileNotFoundError, ValueError: the file is missing, or no JSON object.
  """
  content = storage.read(path)
  if content is None:
    raise FileNotFoundError(f'{path}: no such file.')
  try:
    data = json.loads(content)
  except ValueError as error:
    raise ValueError(f'{path}: expected JSON: {error}') from error
  if not isinstance(data, dict):
    raise ValueError(f'{path}: expected an object, got {type(data).__name__}.')
  return data


def table(data: dict[str, Any]) -> str:
  """Formats the counts of a manifest for a person."""
  columns = ('in', 'written', 'dropped', 'not_selected')
  lines = [f'{"":28}' + ''.join(f'{name:>14}' for name in columns)]
  for kind, counts in data['counts'].items():
    row = ''.join(f'{counts[name]:14}' for name in columns)
    lines.append(f'{kind:28}{row}')
  for kind in ('images', 'annotations'):
    for reason, count in sorted(data['dropped'][kind].items()):
      lines.append(f'  {kind} dropped: {reason:34}{count:8}')
      lines += _examples(data['dropped']['examples'].get(reason))
  for note, count in sorted(data['notes'].items()):
    lines.append(f'  note: {note:45}{count:8}')
    lines += _examples([data['note_examples'].get(note)])
  lines.append(
    f'{data["num_examples"]} records in {len(data["shards"])} shards; at most '
    f'{data["max_instances"]} objects and {data["num_planes"]} id planes (and '
    f'{data["num_crowd_planes"]} of crowds) an image of at most '
    f'{data["max_height"]}x{data["max_width"]}.'
  )
  return '\n'.join(lines)


def _examples(examples: list[dict[str, str] | None] | None) -> list[str]:
  """Formats the first example of a reason or note, if there is one."""
  return [
    '    for example {place}: {detail}'.format(**example)
    for example in (examples or [])[:1]
    if example
  ]
