"""Computes how often records are repeated, from the rarity of their categories.

Repeat factor sampling of LVIS (Gupta et al., 2019): a category that occurs in a
fraction f of the images has the factor `max(1, sqrt(threshold / f))`. An image
has the largest factor of its categories, and 1 without any.
"""

import collections
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from copypaste_tf.inputs import data_files, record_sets
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.records import record_categories

_SHOWN = 10  # Rarest categories in the log.


class Factors(NamedTuple):
  """The repeat factors of a record set.

  Attributes:
    threshold: fraction of the images below which a category is repeated.
    images: number of records by category.
    by_category: factor by category, at least 1.
    by_file: `[records]` float64 factors of each file's records, in order.
  """

  threshold: float
  images: dict[int, int]
  by_category: dict[int, float]
  by_file: dict[str, np.ndarray]

  @property
  def num_records(self) -> int:
    """Returns the number of different records."""
    return sum(map(len, self.by_file.values()))

  @property
  def length(self) -> float:
    """Returns the mean number of records in an epoch."""
    return sum(factors.sum() for factors in self.by_file.values())

  @property
  def largest(self) -> float:
    """Returns the largest factor of a record."""
    return max((f.max() for f in self.by_file.values() if f.size), default=1.0)


def read(paths: Sequence[str], threshold: float) -> Factors:
  """Computes the factors of all records.

  Args:
    paths: TFRecord files of the whole set, also those of other hosts.
    threshold: fraction of the images, in (0, 1]; 0.001 in LVIS.

  Returns:
    The factors. Without a manifest that lists the categories of its records, a
    file is read.
  """
  distinct = list(dict.fromkeys(paths))
  listed = record_categories.of_files(distinct)
  images = collections.Counter()
  categories = [
    [tuple(record_categories.parse(text)) for text in texts] for texts in listed
  ]
  for records in categories:
    for record in records:
      images.update(record)
  by_category = of_categories(images, sum(map(len, categories)), threshold)
  by_file = {
    path: np.array([_of_record(record, by_category) for record in records])
    for path, records in zip(distinct, categories, strict=True)
  }
  return Factors(threshold, dict(images), by_category, by_file)


def of_categories(
  images: Mapping[int, int], total: int, threshold: float
) -> dict[int, float]:
  """Computes the factor of each category.

  Args:
    images: number of images by category.
    total: number of all images.
    threshold: fraction of the images below which a category is repeated.
  """
  return {
    number: max(1.0, math.sqrt(threshold * total / count))
    for number, count in images.items()
  }


def _of_record(record: Sequence[int], by_category) -> float:
  return max((by_category[number] for number in record), default=1.0)


def lines(data: TrainData) -> Iterator[str]:
  """Describes the epochs of each record set that repeats records.

  Args:
    data: config of the training inputs; the records exist.

  Yields:
    A line that begins with `repeats:`.
  """
  for one in record_sets.resolve(data):
    if one.repeat_threshold:
      factors = read(data_files.expand(one.path), one.repeat_threshold)
      told = describe(factors, data_files.label_map(one.path))
      yield f'repeats: {one.path}: {told}'


def describe(factors: Factors, names: Mapping[int, str]) -> str:
  """Describes an epoch and the rarest categories in one line.

  Args:
    factors: the factors of a set.
    names: names by category.
  """
  values = np.concatenate([[], *factors.by_file.values()])
  total = max(len(values), 1)
  rarest = sorted(factors.images, key=lambda k: (factors.images[k], k))[:_SHOWN]
  listed = ', '.join(
    f'{names.get(number, number)} ({factors.images[number]} images, '
    f'x{factors.by_category[number]:.3g})'
    for number in rarest
  )
  return (
    f'repeat threshold {factors.threshold:g}: an epoch has about '
    f'{factors.length:.0f} records instead of {len(values)} '
    f'(x{factors.length / total:.3f}); {np.sum(values > 1)} records are '
    f'repeated, at most x{factors.largest:.3g}; the rarest of '
    f'{len(factors.images)} categories: {listed or "none"}'
  )
