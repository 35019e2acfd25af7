"""Refuses pseudo labels that make no sense, before a student trains on them."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from copypaste_tf.records import record_categories

FEWEST, MOST = 0.2, 5.0
"""Labels per image, relative to those of the labelled set."""
MOST_FULL = 0.1
"""Share of the images that reach the limit of detections."""
LARGEST_CLASS = 0.6
"""Share of a class among all labels, unless it is as large in labelled data."""
_LARGER = 1.5  # Times its share in the labelled set.
LEAST_PRECISION, LEAST_RECALL = 0.2, 0.05
"""Minimum precision and recall on images whose objects are known."""


@dataclasses.dataclass(frozen=True)
class LabelCounts:
  """Counts of labelled images; the counts of shards add up.

  Attributes:
    images: number of images.
    empty: images without a label.
    full: images with as many labels as the model detects at most.
    by_class: labels by category id.
  """

  images: int = 0
  empty: int = 0
  full: int = 0
  by_class: Mapping[int, int] = dataclasses.field(default_factory=dict)

  def __add__(self, other: 'LabelCounts') -> 'LabelCounts':
    """Returns the counts of both."""
    by_class = collections.Counter(self.by_class)
    by_class.update(other.by_class)
    return LabelCounts(
      self.images + other.images,
      self.empty + other.empty,
      self.full + other.full,
      dict(by_class),
    )

  @property
  def labels(self) -> int:
    """Number of labels."""
    return sum(self.by_class.values())

  @property
  def per_image(self) -> float:
    """Mean number of labels of an image; 0 without images."""
    return self.labels / max(self.images, 1)


def count(
  labels_of_images: Sequence[np.ndarray], max_detections: int
) -> LabelCounts:
  """Counts the labels of images.

  Args:
    labels_of_images: for each image `[n]` integer category ids of its labels.
    max_detections: largest number of detections of the model in an image.
  """
  lengths = np.array([len(ids) for ids in labels_of_images], np.int64)
  by_class: collections.Counter[int] = collections.Counter()
  for ids in labels_of_images:
    by_class.update(np.asarray(ids, np.int64).tolist())
  return LabelCounts(
    len(lengths),
    int((lengths == 0).sum()),
    int((lengths >= max_detections).sum()),
    dict(by_class),
  )


def of_records(paths: Sequence[str]) -> LabelCounts:
  """Counts the labels of labelled records, crowds left out.

  Manifests beside the records tell them; records without one are read. `full`
  is 0, since a person has no limit.

  Args:
    paths: TFRecord files.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a manifest is damaged.
  """
  texts = [text for file in record_categories.of_files(paths) for text in file]
  _, objects = record_categories.totals(texts)
  return LabelCounts(len(texts), texts.count(''), 0, dict(objects))


def problems(
  counts: LabelCounts, reference: LabelCounts | None, max_detections: int
) -> list[str]:
  """Lists what is wrong with pseudo labels.

  Args:
    counts: counts of the pseudo labels, or of the first shards of them.
    reference: counts of the labelled set; None if there is none. Then nothing
      tells how many labels an image should have, and of which classes.
    max_detections: largest number of detections of the model in an image.

  Returns:
    One line for each gate that is closed: what was expected, what came, and
    how to change it.
  """
  if not counts.labels:
    return [_nothing(counts)]
  found = _full(counts, max_detections)
  if reference is not None and reference.labels:
    found += _per_image(counts, reference) + _classes(counts, reference)
  return found


def _nothing(counts: LabelCounts) -> str:
  return (
    f'no label in {counts.images} images: expected some; is the checkpoint '
    'trained, are the images of the kind that it was trained on, and is the '
    'threshold below its scores?'
  )


def _full(counts: LabelCounts, max_detections: int) -> list[str]:
  share = counts.full / counts.images
  if share <= MOST_FULL:
    return []
  return [
    f'{share:.0%} of the images have {max_detections} labels, the most that '
    f'the model detects: expected at most {MOST_FULL:.0%}; raise the threshold'
  ]


def _per_image(counts: LabelCounts, reference: LabelCounts) -> list[str]:
  # Integers are compared, so that a ratio of exactly 0.2 is not below it.
  ratio = (counts.labels * reference.images) / (
    reference.labels * counts.images
  )
  if FEWEST <= ratio <= MOST:
    return []
  advice = 'lower' if ratio < FEWEST else 'raise'
  return [
    f'{counts.per_image:.2f} labels per image, {ratio:.2g} times those of the '
    f'labelled set ({reference.per_image:.2f}): expected {FEWEST} to '
    f'{MOST:.0f} times; {advice} the threshold, or look at the images'
  ]


def _classes(counts: LabelCounts, reference: LabelCounts) -> list[str]:
  found = []
  for number, labels in sorted(counts.by_class.items()):
    share = labels / counts.labels
    known = reference.by_class.get(number, 0) / reference.labels
    if share > max(LARGEST_CLASS, _LARGER * known):
      found.append(
        f'{share:.0%} of the labels are of class {number}, which has '
        f'{known:.0%} of the labelled set: expected at most '
        f'{LARGEST_CLASS:.0%}, or {_LARGER} times its share there; is the '
        'label map of the checkpoint that of the records? A threshold of its '
        'own makes the class rarer'
      )
  return found


def quality_problems(
  precision: float | None, recall: float | None, wrong_class: float
) -> list[str]:
  """Lists what is wrong with labels of images whose objects are known.

  Args:
    precision: share of the labels that are right; None without labels.
    recall: share of the objects that have a right label; None without objects.
    wrong_class: share of the wrong labels whose object is of another class.

  Returns:
    One line for each gate that is closed.
  """
  found = []
  if precision is not None and precision < LEAST_PRECISION:
    found.append(
      f'{precision:.0%} of the labels on labelled images are right: expected '
      f'at least {LEAST_PRECISION:.0%}; {wrong_class:.0%} of the others are on '
      'an object of another class, and many such mean another label map; else '
      'raise the threshold, or train the teacher longer'
    )
  if recall is not None and recall < LEAST_RECALL:
    found.append(
      f'{recall:.0%} of the objects of labelled images get a right label: '
      f'expected at least {LEAST_RECALL:.0%}; lower the threshold, or train '
      'the teacher longer'
    )
  return found


def label_map_problems(
  teacher: Mapping[int, str], labelled: Mapping[int, str]
) -> list[str]:
  """Compares ids and names of classes.

  Classes in another order, or of another data set, give labels that are wrong
  throughout and train without a sign of it.

  Args:
    teacher: names by category id of the checkpoint's run; empty if unknown.
    labelled: names by category id of the labelled records; empty if unknown.

  Returns:
    One line if they differ; none if one of them is unknown.
  """
  if not teacher or not labelled or dict(teacher) == dict(labelled):
    return []
  ids = sorted(teacher.keys() | labelled.keys())
  differ = [i for i in ids if teacher.get(i) != labelled.get(i)]
  shown = ', '.join(
    f'{i} is {_name(teacher, i)} and {_name(labelled, i)}' for i in differ[:3]
  )
  return [
    f'the classes of the checkpoint are not those of the labelled records: '
    f'{len(differ)} of {len(ids)} ids differ, such as {shown}; use a '
    'checkpoint and records of the same classes'
  ]


def _name(names: Mapping[int, str], number: int) -> str:
  return repr(names[number]) if number in names else 'unknown'
