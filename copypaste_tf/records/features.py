"""Features of a serialized `tf.train.Example`, read with errors that name them.

`load` is what the others take; a `kind` is the name of a field of
`tf.train.Feature`: `bytes_list`, `float_list` or `int64_list`.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

import tensorflow as tf
from google.protobuf.message import DecodeError

Features = Mapping[str, tf.train.Feature]


class FeatureError(ValueError):
  """A feature that does not hold what it should.

  Attributes:
    feature: its name.
    detail: what was expected and what came.
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
    ValueError: the bytes are no example.
  """
  try:
    return tf.train.Example.FromString(serialized).features.feature
  except DecodeError as error:
    raise ValueError(f'expected a tf.train.Example, got {error}.') from error


def fail(key: str, expected: str) -> NoReturn:
  """Raises the FeatureError of a feature, given what was expected."""
  raise FeatureError(key, f'expected {expected}.')


def values(features: Features, key: str, kind: str) -> list[Any]:
  """Reads a feature of any length; an absent one is empty.

  Args:
    features: of `load`.
    key: name of the feature.
    kind: type it must have.

  Returns:
    Its values.

  Raises:
    FeatureError: the feature is of another type.
  """
  if key not in features:
    return []
  found = features[key].WhichOneof('kind')
  if found not in (kind, None):
    fail(key, f'a {kind}, got a {found}')
  return list(getattr(features[key], kind).value)


def scalar(features: Features, key: str, kind: str) -> Any:
  """Reads a feature that must hold exactly one value; see `values`."""
  found = values(features, key, kind)
  if len(found) != 1:
    state = f'{len(found)} values' if key in features else 'no such feature'
    fail(key, f'one value, got {state}')
  return found[0]


def text(features: Features, key: str) -> str:
  """Reads an optional string, empty where it is absent; see `values`."""
  found = values(features, key, 'bytes_list')
  return found[0].decode('utf-8', 'replace') if found else ''


def column(
  features: Features, key: str, kind: str, count: int, default: Any = None
) -> list[Any]:
  """Reads one value per object.

  Args:
    features: of `load`.
    key: name of the feature.
    kind: type it must have.
    count: number of objects.
    default: what every object has where the feature is absent or empty; None
      means that it must not be absent.

  Returns:
    `count` values.

  Raises:
    FeatureError: the feature is of another type or length.
  """
  found = values(features, key, kind)
  if not found and default is not None:
    return [default] * count
  if len(found) != count:
    fail(key, f'{count} values, one per class label, got {len(found)}')
  return found
