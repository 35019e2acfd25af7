"""Writes examples as images and one COCO annotation file."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.augmented.example_records import Origin
from copypaste_tf.augmented.form import Form, State
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.records.record import Record

IMAGES, ANNOTATIONS = 'images', 'annotations.json'


class CocoForm(Form):
  """A folder `images` and `annotations.json`.

  Beyond COCO, images have `source_ids`, the ids of the two images that an
  example is made of, and `ignored_regions` where there are any. Annotations
  have `pasted`, and `weight` where it is not 1.
  """

  @property
  def final(self) -> str:
    """Path of the annotations."""
    return self.job.path(ANNOTATIONS)

  def write(
    self, part: int, items: Iterable[tuple[Record, Origin]]
  ) -> dict[str, Any]:
    """Writes the images of a part; see the base class."""
    del part
    tf.io.gfile.makedirs(self.job.path(IMAGES))
    images, annotations = [], []
    for record, origin in items:
      with tf.io.gfile.GFile(
        self.job.path(IMAGES, record.filename), 'wb'
      ) as file:
        file.write(record.image_bytes)
      extra = {'source_ids': origin.source_ids}
      if origin.regions:
        extra['ignored_regions'] = origin.regions
      images.append(groundtruth.image_entry(record) | extra)
      annotations += _annotations(record, origin)
    return {'images': images, 'annotations': annotations}

  def join(self, states: Sequence[State]) -> None:
    """Writes the annotation file; see the base class."""
    numbers = itertools.count(1)
    lists = {
      'images': (entry for state in states for entry in state['images']),
      'annotations': (
        {**entry, 'id': next(numbers)}
        for state in states
        for entry in state['annotations']
      ),
      'categories': categories(self.job.names, self.job.details, states),
    }
    with (
      whole_files.replacing(self.final) as new,
      tf.io.gfile.GFile(new, 'w') as file,
    ):
      for text in _json(lists):
        file.write(text)


def _annotations(record: Record, origin: Origin) -> Iterator[dict[str, Any]]:
  entries = groundtruth.annotation_entries(record, 0)
  for entry, pasted, weight in zip(
    entries, origin.pasted, origin.weights, strict=True
  ):
    extra = {'pasted': int(pasted)}
    if weight != 1:
      extra['weight'] = weight
    yield entry | extra


def categories(
  names: Mapping[int, str],
  details: Mapping[str, Mapping[str, Any]],
  states: Iterable[State],
) -> list[dict[str, Any]]:
  """Returns COCO's categories: those with a name, and those that occur.

  Args:
    names: class names by category id.
    details: what else is known of a category, by id as text.
    states: the states of the parts.
  """
  found = {a['category_id'] for state in states for a in state['annotations']}
  return [
    {**details.get(str(n), {}), 'id': n, 'name': names.get(n, str(n))}
    for n in sorted(found | set(names))
  ]


def _json(lists: Mapping[str, Iterable[Any]]) -> Iterator[str]:
  """Yields the text of an object of lists, an entry a line."""
  separator = '{'
  for name, entries in lists.items():
    yield f'{separator}\n{json.dumps(name)}: ['
    comma = '\n'
    for entry in entries:
      yield comma + json.dumps(entry, ensure_ascii=False)
      comma = ',\n'
    yield ']'
    separator = ','
  yield '}\n'
