"""One COCO annotation as a labelled object in the frame of the stored image."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import orientation as exif
from tfrecord_tools import segmentation
from tfrecord_tools.faults import SourceError
from tfrecord_tools.images import StoredImage

NO_ID = 0


class Frame(NamedTuple):
  """The pixels that annotations speak of.

  Attributes:
    shape: height and width.
    orientation: EXIF orientation that turns them upright.
    assumed: whether the size could not tell the two frames of a turned image
      apart, and labels are taken to be upright.
  """

  shape: tuple[int, int]
  orientation: int
  assumed: bool


class LabelledObject(NamedTuple):
  """One object.

  Attributes:
    box: `[4]` float64 `(ymin, xmin, ymax, xmax)`, pixels of the upright image.
    category_id: COCO's id.
    area: square pixels.
    crowd: COCO's `iscrowd`.
    annotation_id: COCO's id, 0 if there is none.
    crop: the mask, None without masks.
    notes: names of what was mended on the way.
  """

  box: np.ndarray
  category_id: int
  area: float
  crowd: bool
  annotation_id: int
  crop: Crop | None
  notes: tuple[str, ...]


def frame_of(entry: Mapping[str, Any], image: StoredImage) -> Frame:
  """Finds the frame of an image's annotations by the size in its entry.

  Args:
    entry: the element of the JSON's `images`.
    image: the file.

  Returns:
    The frame: upright or, in a file with an EXIF orientation, as stored.

  Raises:
    SourceError: the entry's size fits neither.
  """
  named = (entry.get('height'), entry.get('width'))
  if named in (image.shape, (None, None)):
    turned = image.orientation != exif.UPRIGHT
    assumed = turned and image.shape == image.file_shape
    return Frame(image.shape, exif.UPRIGHT, assumed)
  if named == image.file_shape:
    return Frame(image.file_shape, image.orientation, False)
  raise SourceError(
    'image_size_mismatch',
    f'the entry says height, width {named}, the file has {image.file_shape}',
  )


def read(
  annotation: Mapping[str, Any],
  *,
  frame: Frame,
  categories: Mapping[int, str],
  include_masks: bool,
) -> LabelledObject:
  """Reads one annotation.

  Args:
    annotation: the element of the JSON's `annotations`.
    frame: of `frame_of`.
    categories: names by id.
    include_masks: whether to read the mask; without, it is read only where
      there is no box.

  Returns:
    The object in the upright frame; its box is clipped to the image.

  Raises:
    SourceError: something in it cannot be what it says.
  """
  category_id = annotation.get('category_id')
  if not isinstance(category_id, int) or category_id not in categories:
    raise SourceError(
      'unknown_category', f'no category has the id {category_id!r}'
    )
  crowd = annotation.get('iscrowd') or 0
  if crowd not in (0, 1):
    raise SourceError('malformed_iscrowd', f'expected 0 or 1, got {crowd!r}')
  crop, notes = None, []
  if include_masks or annotation.get('bbox') is None:
    crop = segmentation.read(annotation.get('segmentation'), frame.shape)
  box = _box(annotation.get('bbox'), crop, frame.shape, notes)
  area = _area(annotation.get('area'), crop, box, notes)
  if include_masks and not crop.mask.size:
    notes.append('objects_without_pixels')
  if frame.orientation != exif.UPRIGHT:
    box = exif.turn_box(box, frame.shape, frame.orientation)
    crop = crop and exif.turn_crop(crop, frame.shape, frame.orientation)
  return LabelledObject(
    box,
    category_id,
    area,
    bool(crowd),
    _annotation_id(annotation),
    crop if include_masks else None,
    tuple(notes),
  )


def _box(
  bbox: Any, crop: Crop | None, shape: tuple[int, int], notes: list[str]
) -> np.ndarray:
  """Clips COCO's `[x, y, width, height]`, or boxes the mask."""
  if bbox is None:
    return _box_of(crop, notes)
  try:
    x, y, width, height = (float(side) for side in bbox)
  except (TypeError, ValueError) as error:
    raise SourceError(
      'malformed_box', f'expected 4 numbers, got {bbox!r}'
    ) from error
  corners = (y, x, y + height, x + width)
  if not all(map(math.isfinite, corners)) or width < 0 or height < 0:
    raise SourceError(
      'malformed_box', f'expected [x, y, width, height], got {bbox}'
    )
  limits = shape * 2
  pairs = list(zip(corners, limits, strict=True))
  box = [min(max(corner, 0.0), limit) for corner, limit in pairs]
  if any(a != b for a, b in zip(box, corners, strict=True)):
    notes.append('clipped_boxes')
  # Compared as they are stored: a sliver may vanish in float32.
  pairs = zip(box, limits, strict=True)
  top, left, bottom, right = (np.float32(a / limit) for a, limit in pairs)
  if top >= bottom or left >= right:
    reason = 'empty_box' if not width or not height else 'box_outside_image'
    raise SourceError(reason, f'{bbox} leaves nothing in an image of {shape}')
  return np.array(box, np.float64)


def _box_of(crop: Crop, notes: list[str]) -> np.ndarray:
  if not crop.mask.size:
    raise SourceError('no_box', 'there is no bbox, and the mask has no pixel')
  notes.append('boxes_from_masks')
  rows, columns = crop.mask.shape
  bottom, right = crop.top + rows, crop.left + columns
  return np.array([crop.top, crop.left, bottom, right], np.float64)


def _area(
  area: Any, crop: Crop | None, box: np.ndarray, notes: list[str]
) -> float:
  if area is None:
    notes.append('areas_computed')
    if crop is not None:
      return float(crop.mask.sum())
    return float(np.prod(box[2:] - box[:2]))
  valid = isinstance(area, int | float) and math.isfinite(area) and area >= 0
  if not valid:
    raise SourceError('malformed_area', f'expected a number >= 0, got {area!r}')
  return float(area)


def _annotation_id(annotation: Mapping[str, Any]) -> int:
  number = annotation.get('id')
  return number if isinstance(number, int) else NO_ID
