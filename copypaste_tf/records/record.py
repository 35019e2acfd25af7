"""One TFRecord example as a typed NumPy record: serialize, parse, read files.

`serialize` writes Model Garden's feature keys and beside them the id planes of
`copypaste_tf.examples`, so either side reads the other's files. `parse`
prefers the planes and makes them from the mask PNGs where there are none.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from copypaste_tf.examples import SCHEMA_VERSION, Features
from copypaste_tf.records import features as example_features
from copypaste_tf.records import fields, png
from copypaste_tf.records.features import column, scalar, values
from copypaste_tf.records.files import read_serialized
from copypaste_tf.records.id_planes import layer_masks, mask_of

__all__ = [
  'EXTRA',
  'Record',
  'instance_masks',
  'layer_masks',
  'parse',
  'read_records',
  'read_serialized',
  'serialize',
]

EXTRA = ('image/neg_category_ids', 'image/not_exhaustive_category_ids')
"""Optional int64 lists of a record: LVIS's federated labels."""


class Record(NamedTuple):
  """An encoded image with its labels.

  Attributes:
    image_bytes: the encoded image, as stored.
    image_format: `jpeg` or `png`.
    height: rows of the image.
    width: columns of the image.
    filename: name of the source file, relative to its folder.
    source_id: the data set's image id.
    boxes: `[n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the image.
    classes: `[n]` int32 category ids, at least 1.
    class_names: n names; empty strings where the record has none.
    areas: `[n]` float32 square pixels, as annotated.
    crowd: `[n]` bool, COCO's `iscrowd`.
    annotation_ids: `[n]` int64; zeros where the record has none.
    planes: `[l, h, w]` uint8 id planes; `l` is 0 without masks.
    ids: `[n]` int32 addresses in `planes`; 0 is "no pixel".
    has_masks: whether the record carries masks. An image without objects from
      another writer counts as having them: it lacks none.
    extra: optional int64 lists, keyed by the names in `EXTRA`.
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
  extra: dict[str, list[int]]


def serialize(
  record: Record, *, masks_png: Sequence[bytes] | None = None
) -> bytes:
  """Writes a record as a serialized `tf.train.Example`.

  Args:
    record: what to write.
    masks_png: one PNG per object, of the image's size with values 0 and 1;
      made from the planes if left out.

  Returns:
    Bytes that depend on nothing but the arguments.
  """
  example = tf.train.Example()
  features = example.features.feature
  _write_image(features, record)
  _write_objects(features, record)
  if record.has_masks:
    if masks_png is None:
      masks_png = [png.encode(mask) for mask in instance_masks(record)]
    planes = [png.encode(plane) for plane in record.planes]
    # The keys are there, if empty, for an image without objects too: they are
    # what tells it from a record that was made without masks.
    features[Features.MASK].bytes_list.value.extend(masks_png)
    features[Features.PLANES].bytes_list.value.extend(planes)
    features[Features.IDS].int64_list.value.extend(record.ids.tolist())
  return example.SerializeToString(deterministic=True)


def parse(serialized: bytes) -> Record:
  """Reads a serialized example of ours or of Model Garden's converter.

  Args:
    serialized: a `tf.train.Example`.

  Returns:
    The record; the image stays encoded, the planes are decoded.

  Raises:
    ValueError: a feature is absent, of another type or length than the others,
      or holds what no label can be; the message names it.
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
    extra={
      key: values(features, key, 'int64_list')
      for key in EXTRA
      if key in features
    },
  )


def instance_masks(record: Record) -> Iterator[np.ndarray]:
  """Yields the mask of each object in turn.

  Args:
    record: a record with masks.

  Yields:
    `[h, w]` bool in the frame of the image; all false for the id 0.
  """
  for address in record.ids.tolist():
    yield mask_of(record.planes, address)


def read_records(paths: Iterable[str]) -> Iterator[tuple[str, int, Record]]:
  """Yields the parsed records of TFRecord files.

  Args:
    paths: files, read in this order.

  Yields:
    File, index of the record in that file, record.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: a file or a record in it cannot be read; the message names the
      file, the record and the feature.
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
  for key, numbers in record.extra.items():
    features[key].int64_list.value.extend(numbers)


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
