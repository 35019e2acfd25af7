"""Labels images without writing records, to judge or to count the labels."""

import functools
from collections.abc import Iterable, Iterator, Sequence

from copypaste_tf import records
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.labelling import labels, quality, scored_labels
from copypaste_tf.labelling.labels import Rules
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.teacher import Fault, Teacher
from copypaste_tf.records import Record


def labelled(
  paths: Sequence[str], teacher: Teacher, rules: Rules
) -> Iterator[Record]:
  """Labels the images of records as `pseudo_label` does.

  Args:
    paths: TFRecord files.
    teacher: the model.
    rules: which detections become labels.

  Yields:
    The records in order, with the labels of the teacher in place of their own.

  Raises:
    ValueError: an image cannot be read, or a detection is not finite. The
      message names the file of a faulty image.
  """
  label = functools.partial(labels.label, rules=rules)
  for path in paths:
    for found in teacher.each(path, label):
      if isinstance(found, Fault):
        raise ValueError(f'{path}: {found.place}: {found.detail}')
      yield found.record


def scored(
  paths: Sequence[str], teacher: Teacher, rules: Rules
) -> ScoredLabels:
  """Labels images, and keeps classes and scores alone; see `labelled`."""
  return scored_labels.join(
    (record.classes, record.scores)
    for record in labelled(paths, teacher, rules)
  )


def written(paths: Sequence[str], image_ids: Iterable[int]) -> Detections:
  """Reads the labels that a teacher wrote of some images.

  Args:
    paths: TFRecord files; their other images are left out.
    image_ids: ids of the images.

  Raises:
    ValueError: an image is in none of the files.
  """
  wanted, there = set(image_ids), set()

  def read() -> Iterator[Record]:
    for _, _, record in records.read_records(paths):
      if record.source_id in wanted:
        there.add(record.source_id)
        yield record

  found = quality.detections_of(read())
  missing = wanted - there
  if missing:
    raise ValueError(
      f'{len(missing)} of the {len(wanted)} labelled images are not there, '
      f'such as {min(missing)}'
    )
  return found


def are_pseudo(paths: Sequence[str]) -> bool:
  """Tells whether records carry the labels of a model.

  Args:
    paths: TFRecord files; the first record of each decides.

  Raises:
    ValueError: some do and others do not.
  """
  found = {}
  for path in paths:
    for _, _, record in records.read_records([path]):
      found[path] = record.pseudo
      break
  if len(set(found.values())) > 1:
    mixed = [next(p for p in found if found[p] is x) for x in (True, False)]
    raise ValueError(
      f'{mixed[0]} has pseudo labels, {mixed[1]} has none; expected files of '
      'one kind'
    )
  return any(found.values())
