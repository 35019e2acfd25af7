"""Compares a record with the manifest of its data set."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from copypaste_tf import records
from copypaste_tf.examples import IDS_PER_PLANE, VOID, Features

_LIMITS = ('num_planes', 'max_instances', 'max_height', 'max_width')


def check(
  record: records.Record, manifest: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
  """Yields (feature, detail) of each contradiction.

  Args:
    record: the record.
    manifest: the converter's manifest, or a part of it such as a `label_map`.
  """
  yield from _limits(record, manifest)
  yield from _labels(record, manifest)
  yield from _class_map(record, manifest)


def federated(record: records.Record) -> dict[str, list[int]]:
  """Returns LVIS's lists of category ids by feature."""
  return {
    Features.NEG_CATEGORY_IDS: record.neg_category_ids or [],
    Features.NOT_EXHAUSTIVE_CATEGORY_IDS: (
      record.not_exhaustive_category_ids or []
    ),
  }


def _limits(
  record: records.Record, manifest: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
  used = record.ids[~record.crowd & (record.ids > 0)]
  sizes = (
    np.unique(used // IDS_PER_PLANE).size,
    len(record.classes),
    record.height,
    record.width,
  )
  for name, size in zip(_LIMITS, sizes, strict=True):
    if size > manifest.get(name, size):
      yield 'manifest', f'says {name} is {manifest[name]}, here it is {size}'
  if record.has_masks != manifest.get('include_masks', record.has_masks):
    yield Features.MASK, f'masks: {record.has_masks}, the manifest says else'


def _class_map(
  record: records.Record, manifest: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
  label_map = manifest.get('label_map')
  if record.class_map is None or label_map is None:
    return
  present = np.unique(record.class_map).tolist()
  known = {0, VOID, *map(int, label_map)}
  if unknown := [number for number in present if number not in known]:
    yield Features.CLASS_MAP, f'{unknown} are not in the label map'


def _labels(
  record: records.Record, manifest: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
  label_map = manifest.get('label_map')
  if label_map is None:
    return
  pairs = zip(record.classes.tolist(), record.class_names, strict=True)
  for key, ids in federated(record).items():
    unknown = [number for number in ids if str(number) not in label_map]
    if unknown:
      yield key, f'{unknown} are not in the label map'
  for category, name in set(pairs):
    if str(category) not in label_map:
      yield Features.CLASS, f'{category} is not in the label map'
    elif name and label_map[str(category)] != name:
      expected = label_map[str(category)]
      yield Features.CLASS_NAME, f'{category} is {expected!r}, not {name!r}'
