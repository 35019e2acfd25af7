"""Reads the features of a serialized `tf.train.Example`.

Errors name the feature. The functions take the feature map of `load`. A `kind`
is a field of `tf.train.Feature`: `bytes_list`, `float_list` or `int64_list`.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

import tensorflow as tf
from google.protobuf.message import DecodeError

Features = Mapping[str, tf.train.Feature]


class FeatureError(ValueError):
  """A feature with unexpected content.

  Attributes:
    feature: name of the feature.
    detail: the expected and the actual content.
  """

  def __init__(self, feature: str, detail: str):
    super().__init__(feature, detail)
    self.feature = feature
    self.detail = detail

  def __str__(self) -> str:
    return f'feature {self.feature!r}: {self.detail}'


def load(serialized: bytes) -> Features:
  """Reads the feature map of an example.

  Args:
    serialized: a `tf.train.Example`.

  Returns:
    The features by name.

  Raises:
    ValueError: the bytes are not an example.
  """
  try:
    return tf.train.Example.FromString(serialized).features.feature
  except DecodeError as error:
    raise ValueError(f'expected a tf.train.Example, got {error}.') from error


def fail(key: str, expected: str) -> NoReturn:
  """Raises FeatureError for a feature, with a text of the expected content."""
  raise FeatureError(key, f'expected {expected}.')


def values(features: Features, key: str, kind: str) -> list[Any]:
  """Reads a feature of any length; an absent one is empty.

  Args:
    features: feature map of `load`.
    key: name of the feature.
    kind: required type.

  Returns:
    The values.

  Raises:
    FeatureError: the feature is of another type.
  """
  if key not in features:
    return []
  actual = features[key].WhichOneof('kind')
  if actual not in (kind, None):
    fail(key, f'a {kind}, got a {actual}')
  return list(getattr(features[key], kind).value)


def scalar(features: Features, key: str, kind: str) -> Any:
  """Reads a feature that must hold exactly one value; see `values`."""
  stored = values(features, key, kind)
  if len(stored) != 1:
    state = f'{len(stored)} values' if key in features else 'no such feature'
    fail(key, f'one value, got {state}')
  return stored[0]


def text(features: Features, key: str) -> str:
  """Reads an optional string, empty if it is absent; see `values`."""
  stored = values(features, key, 'bytes_list')
  return stored[0].decode('utf-8', 'replace') if stored else ''


def column(
  features: Features, key: str, kind: str, count: int, default: Any = None
) -> list[Any]:
  """Reads one value per object.

  Args:
    features: feature map of `load`.
    key: name of the feature.
    kind: required type.
    count: number of objects.
    default: value of every object if the feature is absent or empty. None
      means that the feature is required.

  Returns:
    `count` values.

  Raises:
    FeatureError: the feature is of another type or length.
  """
  stored = values(features, key, kind)
  if not stored and default is not None:
    return [default] * count
  if len(stored) != count:
    fail(key, f'{count} values, one per class label, got {len(stored)}')
  return stored
