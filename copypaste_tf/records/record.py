"""Defines one record, and reads and writes it as a `tf.train.Example`.

`serialize` writes Model Garden's feature keys and the id planes of
`copypaste_tf.examples`, so this package and Model Garden can read each other's
files. `parse` reads the planes; it builds them from the mask PNGs of a record
without planes.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from copypaste_tf.examples import SCHEMA_VERSION, Features
from copypaste_tf.records import class_maps, fields, png
from copypaste_tf.records import features as example_features
from copypaste_tf.records.features import column, scalar
from copypaste_tf.records.files import read_serialized
from copypaste_tf.records.id_planes import mask_of


class Record(NamedTuple):
  """An encoded image with the labels of its n objects.

  The last five fields are optional. None means that the data set does not state
  the field; the record then lacks the feature.

  Attributes:
    image_bytes: the encoded image, as stored.
    image_format: `jpeg` or `png`.
    height: rows of the image.
    width: columns of the image.
    filename: name of the source file, relative to the image folder.
    source_id: image id of the data set.
    boxes: `[n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the image.
    classes: `[n]` int32 category ids, at least 1.
    class_names: n names; empty strings in a record without names.
    areas: `[n]` float32 square pixels, as annotated, at least 0.
    crowd: `[n]` bool, COCO's `iscrowd`.
    annotation_ids: `[n]` int64; zeros in a record without ids.
    planes: `[l, h, w]` uint8 id planes; `l` is 0 without masks.
    ids: `[n]` int32 addresses in `planes`; 0 is "no pixel".
    has_masks: whether the record carries masks. A record without objects
      that another tool wrote counts as having masks, since none is missing.
    difficult: `[n]` bool, Pascal VOC's flag of objects that evaluation ignores.
    scores: `[n]` float32 confidence of each label in [0, 1].
    neg_category_ids: categories that were verified to be absent (LVIS).
    not_exhaustive_category_ids: categories of which some instances are not
      annotated (LVIS).
    class_map: `[h, w]` uint8, the class of each pixel: 0 is the background,
      `examples.VOID` has no label.
    pseudo: whether a model made the labels.
  """

  image_bytes: bytes
  image_format: str
  height: int
  width: int
  filename: str
  source_id: int
  boxes: np.ndarray
  classes: np.ndarray
  class_names: list[str]
  areas: np.ndarray
  crowd: np.ndarray
  annotation_ids: np.ndarray
  planes: np.ndarray
  ids: np.ndarray
  has_masks: bool
  difficult: np.ndarray | None = None
  scores: np.ndarray | None = None
  neg_category_ids: list[int] | None = None
  not_exhaustive_category_ids: list[int] | None = None
  class_map: np.ndarray | None = None
  pseudo: bool = False


def serialize(
  record: Record, *, masks_png: Sequence[bytes] | None = None
) -> bytes:
  """Serializes a record as a `tf.train.Example`.

  Args:
    record: the record.
    masks_png: n PNGs of the image's size with values 0 and 1, or none for a
      record of planes only; by default they are made from the planes.

  Returns:
    Bytes that depend on the arguments alone.
  """
  example = tf.train.Example()
  features = example.features.feature
  _write_image(features, record)
  _write_objects(features, record)
  _write_extras(features, record)
  if record.has_masks:
    if masks_png is None:
      masks_png = [
        png.encode(mask, png.SMALL) for mask in instance_masks(record)
      ]
    planes = [png.encode(plane) for plane in record.planes]
    # An image without objects gets these keys with empty lists. They mark the
    # record as one with masks. An empty list of PNGs says that none was wanted.
    features[Features.MASK].bytes_list.value.extend(masks_png)
    features[Features.PLANES].bytes_list.value.extend(planes)
    features[Features.IDS].int64_list.value.extend(record.ids.tolist())
  return example.SerializeToString(deterministic=True)


def parse(serialized: bytes) -> Record:
  """Parses a serialized example of ours or of Model Garden's converter.

  Args:
    serialized: a `tf.train.Example`.

  Returns:
    The record. The image stays encoded, the planes are decoded.

  Raises:
    ValueError: a feature is absent, has another type or length than expected,
      or holds an impossible label. The message names the feature.
  """
  features = example_features.load(serialized)
  height, width = shape = fields.shape(features)
  classes = fields.classes(features)
  n = len(classes)
  boxes = fields.boxes(features, n, shape)
  crowd = np.array(column(features, Features.CROWD, 'int64_list', n, 0), bool)
  planes, ids = fields.planes(features, crowd, shape)
  names = column(features, Features.CLASS_NAME, 'bytes_list', n, b'')
  numbers = column(features, Features.ANNOTATION_ID, 'int64_list', n, 0)
  category_ids = fields.category_ids
  return Record(
    image_bytes=scalar(features, Features.IMAGE, 'bytes_list'),
    image_format=example_features.text(features, Features.FORMAT),
    height=height,
    width=width,
    filename=example_features.text(features, Features.FILENAME),
    source_id=fields.source_id(features),
    boxes=boxes,
    classes=classes,
    class_names=[name.decode('utf-8', 'replace') for name in names],
    areas=fields.areas(features, boxes),
    crowd=crowd,
    annotation_ids=np.array(numbers, np.int64),
    planes=planes,
    ids=ids,
    has_masks=fields.has_masks(features, n),
    difficult=fields.difficult(features, n),
    scores=fields.scores(features, n),
    neg_category_ids=category_ids(
      features, Features.NEG_CATEGORY_IDS, Features.NEG_CATEGORY_IDS_OF_VILD
    ),
    not_exhaustive_category_ids=category_ids(
      features, Features.NOT_EXHAUSTIVE_CATEGORY_IDS
    ),
    class_map=class_maps.read(features, shape),
    pseudo=fields.pseudo(features),
  )


def instance_masks(record: Record) -> Iterator[np.ndarray]:
  """Yields the mask of each object.

  Args:
    record: a record with masks.

  Yields:
    `[h, w]` bool in pixels of the image; all false for the id 0.
  """
  for address in record.ids.tolist():
    yield mask_of(record.planes, address)


def read_records(paths: Iterable[str]) -> Iterator[tuple[str, int, Record]]:
  """Yields the parsed records of TFRecord files.

  Args:
    paths: files, read in this order.

  Yields:
    File, index of the record in the file, record.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a file or a record cannot be read. The message names the file,
      the record and the feature.
  """
  for path, index, serialized in read_serialized(paths):
    try:
      record = parse(serialized)
    except ValueError as error:
      raise ValueError(f'{path}: record {index}: {error}') from error
    yield path, index, record


def _write_image(features, record: Record) -> None:
  digest = hashlib.sha256(record.image_bytes).hexdigest()
  values = {
    Features.IMAGE: record.image_bytes,
    Features.FORMAT: record.image_format.encode(),
    Features.FILENAME: record.filename.encode(),
    Features.SOURCE_ID: str(record.source_id).encode(),
    Features.SHA256: digest.encode(),
  }
  for key, value in values.items():
    features[key].bytes_list.value.append(value)
  features[Features.HEIGHT].int64_list.value.append(record.height)
  features[Features.WIDTH].int64_list.value.append(record.width)
  features[Features.SCHEMA].int64_list.value.append(SCHEMA_VERSION)


def _write_objects(features, record: Record) -> None:
  size = np.array([record.height, record.width] * 2, np.float64)
  for key, side in zip(fields.BOX_KEYS, (record.boxes / size).T, strict=True):
    features[key].float_list.value.extend(side.tolist())
  names = [name.encode() for name in record.class_names]
  features[Features.CLASS].int64_list.value.extend(record.classes.tolist())
  features[Features.CLASS_NAME].bytes_list.value.extend(names)
  features[Features.CROWD].int64_list.value.extend(
    record.crowd.astype(int).tolist()
  )
  features[Features.AREA].float_list.value.extend(record.areas.tolist())
  features[Features.ANNOTATION_ID].int64_list.value.extend(
    record.annotation_ids.tolist()
  )


def _write_extras(features, record: Record) -> None:
  class_maps.write(features, record.class_map)
  if record.scores is not None:
    features[Features.SCORE].float_list.value.extend(record.scores.tolist())
  difficult = record.difficult
  integers = {
    Features.DIFFICULT: None if difficult is None else difficult.astype(int),
    Features.NEG_CATEGORY_IDS: record.neg_category_ids,
    Features.NOT_EXHAUSTIVE_CATEGORY_IDS: record.not_exhaustive_category_ids,
    Features.PSEUDO: [1] if record.pseudo else None,
  }
  for key, numbers in integers.items():
    if numbers is not None:
      features[key].int64_list.value.extend(map(int, numbers))
