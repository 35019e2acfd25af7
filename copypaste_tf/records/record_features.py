"""Counts the objects and the unknown features of records.

Records of another tool may hold the same labels under other names. Nothing
reads these, so such records look like images without objects.
"""

import collections
import difflib
import itertools
from collections.abc import Sequence

import numpy as np

from copypaste_tf.examples import Features
from copypaste_tf.records import features as example_features
from copypaste_tf.records.features import Features as FeatureMap
from copypaste_tf.records.files import read_serialized

KNOWN = frozenset(
  value for name, value in vars(Features).items() if not name.startswith('_')
)
# `sample` reads at least this number of records, and more until it sees an
# object.
_ENOUGH = 32
# A sample without objects ends after this number of records or bytes.
_MOST_RECORDS, _MOST_BYTES = 1024, 256 << 20
_MOST_FILES = 32
_SHOWN = 8  # Names of unknown features in a message.


class Survey:
  """Counts over the records that were added.

  Attributes:
    records: number of records.
    objects: number of labels in them.
    class_maps: number of class maps in them.
    scores: scores of the objects that are no labels.
    scored: number of records with scores.
    unknown: number of records with each feature that nothing reads.
  """

  def __init__(self, min_score: float = 0.0):
    """Starts with no record.

    Args:
      min_score: minimum score of a label; objects without scores are labels.
    """
    self.records = self.objects = self.class_maps = self.scored = 0
    self.scores: list[float] = []
    self._min_score = min_score
    self.unknown: collections.Counter[str] = collections.Counter()

  def add(self, features: FeatureMap) -> None:
    """Counts a record; takes the result of `features.load`."""
    self.records += 1
    if Features.CLASS in features:
      labels = example_features.values(features, Features.CLASS, 'int64_list')
      below = self._below(features)
      self.objects += len(labels) - len(below)
      self.scores.extend(below)
    self.class_maps += Features.CLASS_MAP in features
    self.unknown.update(features.keys() - KNOWN)

  def _below(self, features: FeatureMap) -> list[float]:
    """Returns the scores of the objects that are no labels."""
    if Features.SCORE not in features:
      return []
    self.scored += 1
    scores = example_features.values(features, Features.SCORE, 'float_list')
    return [score for score in scores if not score >= self._min_score]

  def fault(self, *, class_maps: bool = False) -> str | None:
    """Describes records without a single object; None if there is one.

    Args:
      class_maps: look for class maps in place of objects.
    """
    if self.class_maps if class_maps else self.objects:
      return None
    sought = 'class map' if class_maps else 'object'
    if not self.records:
      return f'no {sought}, since there is no record'
    if self.scores and not class_maps:
      highest = np.nanmax([*self.scores, 0.0])
      return (
        f'no score of the {len(self.scores)} objects in {self.records} '
        f'record{"s" * (self.records > 1)} read is at least min_score = '
        f'{self._min_score:g}; the highest is {highest:.3g}'
      )
    key = Features.CLASS_MAP if class_maps else Features.CLASS
    unknown = self.note()
    return (
      f'no {sought} in the {self.records} record{"s" * (self.records > 1)} '
      f'read: no label in {key!r}{f"; {unknown}" if unknown else ""}'
    )

  def note(self) -> str | None:
    """Lists the unknown features with the nearest known names, or None."""
    if not self.unknown:
      return None
    names = sorted(self.unknown, key=lambda name: (-self.unknown[name], name))
    shown = [f'{name!r}{_nearest(name)}' for name in names[:_SHOWN]]
    left = f' and {len(names) - _SHOWN} more' if names[_SHOWN:] else ''
    return f'unknown features, which are not read: {", ".join(shown)}{left}'


def sample(paths: Sequence[str], min_score: float = 0.0) -> Survey:
  """Counts some records, spread over the files.

  The cost is bounded: the sample ends with the first object after a few
  records, and in any case after about a thousand records.

  Args:
    paths: TFRecord files.
    min_score: minimum score of a label.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a file or a record cannot be read. The message names it.
  """
  survey, size = Survey(min_score), 0
  files = paths[:: -(-len(paths) // _MOST_FILES) or 1]
  share = -(-_MOST_RECORDS // max(len(files), 1))
  for path in files:
    for _, index, serialized in itertools.islice(
      read_serialized([path]), share
    ):
      try:
        survey.add(example_features.load(serialized))
      except ValueError as error:
        raise ValueError(f'{path}: record {index}: {error}') from error
      size += len(serialized)
      labels = survey.objects or survey.class_maps
      if size > _MOST_BYTES or (labels and survey.records >= _ENOUGH):
        return survey
  return survey


def _nearest(name: str) -> str:
  """Returns ` (x?)` for the most similar known name, or ''."""
  matches = difflib.get_close_matches(name, sorted(KNOWN), n=1)
  return f' ({matches[0]}?)' if matches else ''
