"""Reads the labels of the examples of voc, coco and lvis.

These are the data sets of TensorFlow Datasets whose boxes are known to mean
what their source says, once two habits are undone: those of voc count from 1,
and the labels of coco have no gaps.
"""

import io
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from copypaste_tf.records import features as example_features
from copypaste_tf.records import voc_devkit
from copypaste_tf.records.features import column, scalar, values
from tfrecord_tools.entries import Category, ImageEntry, ObjectEntry
from tfrecord_tools.parts import Part, ReadPartMask

VOC, COCO, LVIS = DATASETS = ('voc', 'coco', 'lvis')
"""Names of the data sets that are understood."""
WITH_MASKS = (LVIS,)
# Numbers from 1 to 90 that no category of COCO has.
_COCO_GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
# Coordinates were divided by the size in 32 bits; their sources have at most
# two decimals.
_DECIMALS = 3
_SIDES = 4


class Example(NamedTuple):
  """An example of a prepared data set, in a file.

  Attributes:
    dataset: one of `DATASETS`.
    place: file and number, for messages.
    path: the file.
    offset: place of its bytes in the file.
    content: its bytes.
  """

  dataset: str
  place: str
  path: str
  offset: int
  content: bytes


def categories(dataset: str, names: Sequence[str]) -> dict[int, Category]:
  """Returns the categories by their ids in the source.

  Args:
    dataset: one of `DATASETS`.
    names: the classes by label, from 0.

  Raises:
    ValueError: they are not the classes of COCO, which are known by number.
  """
  numbers = _numbers(dataset, len(names))
  return {k: Category(k, name) for k, name in zip(numbers, names, strict=True)}


def entry(example: Example, numbers: Sequence[int]) -> ImageEntry:
  """Reads an example.

  Args:
    example: the example.
    numbers: ids of the categories by label.

  Returns:
    The image with its objects. Image and masks are read where they lie.

  Raises:
    ValueError: the example is not one of this data set.
  """
  try:
    features = example_features.load(example.content)
    return _entry(example, features, numbers)
  except (ValueError, UnidentifiedImageError) as error:
    raise ValueError(f'{example.place}: {error}') from error


def _numbers(dataset: str, count: int) -> list[int]:
  if dataset != COCO:
    return [*range(1, count + 1)]
  numbers = [k for k in range(1, 91) if k not in _COCO_GAPS]
  if count != len(numbers):
    raise ValueError(
      f'expected the {len(numbers)} categories of COCO, got {count}.'
    )
  return numbers


def _entry(
  example: Example, features: example_features.Features, numbers: Sequence[int]
) -> ImageEntry:
  data = scalar(features, 'image', 'bytes_list')
  with Image.open(io.BytesIO(data)) as image:
    size = image.size[::-1]
  name = _name(example.dataset, features)
  federated = {}
  if example.dataset == LVIS:
    for key in ('neg_category_ids', 'not_exhaustive_category_ids'):
      labels = values(features, key, 'int64_list')
      federated[key] = [_number(numbers, label) for label in labels]
  return ImageEntry(
    id=_id(example.dataset, name, features),
    file_names=(name,),
    objects=tuple(_objects(example, features, numbers, size)),
    part=_part(example, data),
    **federated,
  )


def _name(dataset: str, features: example_features.Features) -> str:
  if dataset == LVIS:  # It keeps no name; those of COCO 2017 are their ids.
    return f'{scalar(features, "image/id", "int64_list"):012d}.jpg'
  return scalar(features, 'image/filename', 'bytes_list').decode()


def _id(dataset: str, name: str, features: example_features.Features) -> int:
  if dataset == VOC:
    return voc_devkit.source_id(os.path.splitext(name)[0])
  return scalar(features, 'image/id', 'int64_list')


def _objects(
  example: Example,
  features: example_features.Features,
  numbers: Sequence[int],
  size: tuple[int, int],
) -> list[ObjectEntry]:
  labels = values(features, 'objects/label', 'int64_list')
  n = len(labels)
  boxes = np.array(values(features, 'objects/bbox', 'float_list'), np.float64)
  if boxes.size != n * _SIDES:
    example_features.fail(
      'objects/bbox', f'{n} boxes, one per label, got {boxes.size / _SIDES:g}'
    )
  boxes = np.round(boxes.reshape(n, _SIDES) * (size * 2), _DECIMALS)
  if example.dataset == VOC:  # Its first row and column are 1.
    boxes -= (1, 1, 0, 0)
  facts = {
    'difficult': _facts(features, 'objects/is_difficult', n),
    'crowd': _facts(features, 'objects/is_crowd', n),
    'area': _facts(features, 'objects/area', n),
    'id': _facts(features, 'objects/id', n),
    'read_mask': _masks(example, features, n),
  }
  stated = {name: each for name, each in facts.items() if each is not None}
  return [
    ObjectEntry(
      _number(numbers, labels[i]),
      tuple(boxes[i].tolist()),
      **{'read_mask': None, **{name: each[i] for name, each in stated.items()}},
    )
    for i in range(n)
  ]


def _facts(
  features: example_features.Features, key: str, n: int
) -> list[Any] | None:
  """Returns a fact of each object; None if the data set does not state it."""
  return column(features, key, 'int64_list', n) if key in features else None


def _masks(
  example: Example, features: example_features.Features, n: int
) -> list[ReadPartMask] | None:
  key = 'objects/segmentation'
  if example.dataset not in WITH_MASKS or key not in features:
    return None
  pngs = column(features, key, 'bytes_list', n)
  return [ReadPartMask(_part(example, png)) for png in pngs]


def _number(numbers: Sequence[int], label: int) -> int:
  if not 0 <= label < len(numbers):
    raise ValueError(f'expected labels below {len(numbers)}, got {label}.')
  return numbers[label]


def _part(example: Example, data: bytes) -> Part:
  """Finds where in the file some bytes of an example lie."""
  start = example.content.index(data)
  return Part(example.path, example.offset + start, len(data))
