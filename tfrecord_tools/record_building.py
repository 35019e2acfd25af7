"""Builds a record from an image file and its placed objects."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.records import Record, png
from copypaste_tf.records.id_planes import Crop, layer_crops
from tfrecord_tools.annotations import LabelledObject
from tfrecord_tools.entries import Category
from tfrecord_tools.images import StoredImage


def build(
  image: StoredImage,
  objects: Sequence[LabelledObject],
  *,
  categories: Mapping[int, Category],
  include_masks: bool,
  **fields: Any,
) -> Record:
  """Builds a record.

  If only some of the objects have a flag or a score, the others get the
  default: not difficult, and a score of 1.

  Args:
    image: the image file.
    objects: n objects of the image.
    categories: categories by id.
    include_masks: whether the record carries masks.
    **fields: the other fields of `Record`: `filename`, `source_id` and the
      optional lists of category ids.

  Returns:
    The record.
  """
  crowd = np.array([item.crowd for item in objects], bool)
  if include_masks:
    crops = [item.crop for item in objects]
    planes, ids = layer_crops(crops, crowd, image.shape)
  else:
    planes = np.zeros((0, *image.shape), np.uint8)
    ids = np.zeros(len(objects), np.int32)
  boxes = np.array([item.box for item in objects], np.float64)
  numbers = [item.annotation_id for item in objects]
  return Record(
    image_bytes=image.data,
    image_format=image.image_format,
    height=image.shape[0],
    width=image.shape[1],
    boxes=boxes.reshape(-1, 4),
    classes=np.array([item.category_id for item in objects], np.int32),
    class_names=[categories[item.category_id].name for item in objects],
    areas=np.array([item.area for item in objects], np.float32),
    crowd=crowd,
    annotation_ids=np.array(numbers, np.int64),
    planes=planes,
    ids=ids,
    has_masks=include_masks,
    difficult=_filled([item.difficult for item in objects], False, bool),
    scores=_filled([item.score for item in objects], 1.0, np.float32),
    **fields,
  )


def mask_png(crop: Crop, shape: tuple[int, int]) -> bytes:
  """Encodes a mask as a PNG of the image's size.

  Args:
    crop: the mask in its tight box.
    shape: height and width of the image.

  Returns:
    A PNG with values 0 and 1.
  """
  count, columns = crop.mask.shape
  rows = np.zeros((count, shape[1]), np.uint8)
  rows[:, crop.left : crop.left + columns] = crop.mask
  return png.encode_rows(rows, crop.top, shape[0], png.SMALL)


def _filled(values: list[Any], default: Any, dtype: type) -> np.ndarray | None:
  """Replaces None by a default; returns None if all values are None."""
  if all(value is None for value in values):
    return None
  return np.array([default if v is None else v for v in values], dtype)
