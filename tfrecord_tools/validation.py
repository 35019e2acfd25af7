"""Checks every invariant of the records of a data set."""

import collections
import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from copypaste_tf import printable, records
from copypaste_tf.examples import IDS_PER_PLANE, SCHEMA_VERSION, Features
from copypaste_tf.records import features as example_features
from copypaste_tf.records import fields, pictures, png
from copypaste_tf.records.record_features import Survey
from tfrecord_tools import manifest_checks

_FORMATS = {b'\xff\xd8\xff': 'jpeg', b'\x89PNG': 'png'}
# Model Garden's tools also write these names.
_ALIASES = {'jpg': 'jpeg'}


class Fault(NamedTuple):
  """A fault of a file, of a record or of the whole data set.

  Attributes:
    place: file, and record if the fault has one.
    field: name of the feature, or `record`, `file` or `manifest`.
    detail: the expected and the actual content.
  """

  place: str
  field: str
  detail: str

  def __str__(self) -> str:
    return f'{self.place}: {self.field}: {printable.escape(self.detail)}'


def expand(patterns: Iterable[str]) -> list[str]:
  """Lists the files that globs match.

  Args:
    patterns: globs or names.

  Returns:
    The files, sorted, each once.

  Raises:
    FileNotFoundError: a pattern matches nothing.
    ValueError: a pattern matches a folder.
  """
  paths: set[str] = set()
  for pattern in patterns:
    # TensorFlow lists the matches on a remote file system.
    matches = glob.glob(pattern) or tf.io.gfile.glob(pattern)
    if not matches:
      raise FileNotFoundError(f'--input={pattern}: no such file.')
    folders = [path for path in matches if tf.io.gfile.isdir(path)]
    if folders:
      raise ValueError(
        f'--input={pattern}: {folders[0]} is a folder; give its files, such as '
        f"--input='{os.path.join(folders[0], '*.tfrecord')}'."
      )
    paths.update(matches)
  return sorted(paths)


def validate(
  paths: Iterable[str],
  manifest: Mapping[str, Any] | None = None,
  survey: Survey | None = None,
) -> Iterator[tuple[int, list[Fault]]]:
  """Checks files record by record.

  Args:
    paths: TFRecord files; together they hold the whole data set.
    manifest: the converter's manifest of the data set.
    survey: counts objects and unknown features; changed in place.

  Yields:
    (1, faults of the record) for each record. (0, fault) for a file that cannot
    be read further, for a wrong number of records, and for a data set without
    an object, unless the manifest says that there is none.
  """
  survey = survey or Survey()
  seen: dict[int, str] = {}
  count = 0
  for path in paths:
    try:
      for _, index, serialized in records.read_serialized([path]):
        place = f'{path}: record {index}'
        count += 1
        yield 1, _check_record(place, serialized, seen, manifest, survey)
    except ValueError as error:
      yield 0, [Fault(path, 'file', str(error).removeprefix(f'{path}: '))]
  wanted = (manifest or {}).get('num_examples', count)
  if count != wanted:
    detail = f'says {wanted} records, the files hold {count}'
    yield 0, [Fault('all files', 'manifest', detail)]
  labels = (manifest or {}).get('counts', {}).get('annotations', {})
  if labels.get('in') != 0 and (
    fault := survey.fault(class_maps=survey.class_maps > 0)
  ):
    yield 0, [Fault('all files', 'record', fault)]


def _check_record(
  place: str,
  serialized: bytes,
  seen: dict[int, str],
  manifest: Mapping[str, Any] | None,
  survey: Survey,
) -> list[Fault]:
  try:
    features = example_features.load(serialized)
    survey.add(features)
    source = example_features.text(features, Features.SOURCE_ID)
  except ValueError as error:
    return [Fault(place, 'record', str(error))]
  place = f'{place} (source_id {source})'
  faults: list[tuple[str, str]] = []
  try:
    # Checked before parsing, since a wrong size makes the planes unreadable.
    faults += _image(features)
    record = records.parse(serialized)
    faults += [*_objects(record, features), *_category_lists(record)]
    if record.has_masks and Features.PLANES in features:
      faults += [*_addresses(record), *_pngs(record, features)]
    faults += _schema(features)
  except example_features.FeatureError as error:
    faults.append((error.feature, error.detail))
    return [Fault(place, *fault) for fault in faults]
  if manifest:
    faults += manifest_checks.check(record, manifest)
  first = seen.setdefault(record.source_id, place)
  if first != place:
    faults.append((Features.SOURCE_ID, f'is also that of {first}'))
  return [Fault(place, *fault) for fault in faults]


def _image(features) -> Iterator[tuple[str, str]]:
  data = example_features.scalar(features, Features.IMAGE, 'bytes_list')
  try:
    image = pictures.decode(data)
  except ValueError as error:
    yield Features.IMAGE, str(error)
    return
  shape, named = tuple(image.shape[:2]), fields.shape(features)
  if shape != named:
    yield Features.HEIGHT, f'says {named}, the image is {shape}'
  kinds = [k for magic, k in _FORMATS.items() if data.startswith(magic)]
  name = example_features.text(features, Features.FORMAT)
  if [_ALIASES.get(name, name)] != kinds:
    yield Features.FORMAT, f'says {name!r}, it is {kinds}'
  digest = example_features.text(features, Features.SHA256)
  if digest and digest != hashlib.sha256(data).hexdigest():
    yield Features.SHA256, 'is not that of the image'


def _objects(record: records.Record, features) -> Iterator[tuple[str, str]]:
  n = len(record.classes)
  for key in fields.BOX_KEYS:
    side = np.array(example_features.column(features, key, 'float_list', n))
    if not ((side >= 0) & (side <= 1)).all():
      yield key, f'expected numbers from 0 to 1, got {side.tolist()}'
  ymin, xmin, ymax, xmax = record.boxes.T
  for i in np.flatnonzero((ymin >= ymax) | (xmin >= xmax)):
    yield Features.BOX_YMIN, f'the box of object {i} is empty'
  crowd = set(example_features.values(features, Features.CROWD, 'int64_list'))
  if not crowd <= {0, 1}:
    yield Features.CROWD, f'expected 0 or 1, got {sorted(crowd)}'
  numbers = record.annotation_ids[record.annotation_ids != 0].tolist()
  yield from _repeated(Features.ANNOTATION_ID, numbers)


def _repeated(key: str, numbers: list[int]) -> Iterator[tuple[str, str]]:
  twice = [k for k, v in collections.Counter(numbers).items() if v > 1]
  if twice:
    yield key, f'is there twice: {twice}'


def _category_lists(record: records.Record) -> Iterator[tuple[str, str]]:
  lists = manifest_checks.federated(record)
  for key, ids in lists.items():
    yield from _repeated(key, ids)
  present = set(lists[Features.NEG_CATEGORY_IDS]) & set(record.classes.tolist())
  if present:
    yield Features.NEG_CATEGORY_IDS, f'has objects here: {sorted(present)}'


def _addresses(record: records.Record) -> Iterator[tuple[str, str]]:
  addresses = set(record.ids[record.ids > 0].tolist())
  for plane, pixels in enumerate(record.planes):
    values = np.unique(pixels)
    present = {IDS_PER_PLANE * plane + int(v) for v in values if v}
    stated = {i for i in addresses if i // IDS_PER_PLANE == plane}
    missing, unowned = sorted(stated - present), sorted(present - stated)
    if missing:
      detail = f'no pixel of plane {plane} has the ids {missing}'
      yield Features.IDS, detail
    if unowned:
      detail = f'plane {plane} has pixels of nobody: {unowned}'
      yield Features.PLANES, detail
  used = record.ids // IDS_PER_PLANE
  placed = record.ids > 0
  crowd, others = used[record.crowd & placed], used[~record.crowd & placed]
  if crowd.size and others.size and crowd.min() <= others.max():
    yield Features.PLANES, 'a crowd lies in a plane before or of other objects'


def _pngs(record: records.Record, features) -> Iterator[tuple[str, str]]:
  n = len(record.classes)
  try:
    if _planes_only(features):
      return
    pngs = example_features.column(features, Features.MASK, 'bytes_list', n)
    for i, mask in enumerate(records.instance_masks(record)):
      pixels = png.decode(pngs[i])
      if pixels.shape != (*mask.shape, 1) or pixels.max() > 1:
        yield Features.MASK, f'object {i}: no mask of 0 and 1: {pixels.shape}'
      elif not np.array_equal(pixels[:, :, 0] > 0, mask):
        yield Features.MASK, f'object {i}: differs from the planes'
  except example_features.FeatureError as error:
    yield error.feature, error.detail
  except ValueError as error:
    yield Features.MASK, str(error)


def _planes_only(features) -> bool:
  """Returns whether a list of PNGs is there, and empty on purpose."""
  key = Features.MASK
  return key in features and not example_features.values(
    features, key, 'bytes_list'
  )


def _schema(features) -> Iterator[tuple[str, str]]:
  versions = example_features.values(features, Features.SCHEMA, 'int64_list')
  required = Features.PLANES in features or Features.SCHEMA in features
  if required and versions != [SCHEMA_VERSION]:
    yield Features.SCHEMA, f'expected {SCHEMA_VERSION}, got {versions}'
