"""Checks one annotated object and moves it into the upright image."""

import itertools
import math
from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import orientation as exif
from tfrecord_tools import placed_boxes
from tfrecord_tools.entries import ObjectEntry
from tfrecord_tools.faults import Note, SourceError
from tfrecord_tools.images import StoredImage

NO_ID = 0
_NUM_KNOWN = 8  # Ids of categories in a message.


class Frame(NamedTuple):
  """The pixel grid that the annotations of an image use.

  Attributes:
    shape: height and width.
    orientation: EXIF orientation that turns the grid upright.
    assumed: whether the annotated size fits both grids of a turned image. The
      annotations are then taken to be upright.
  """

  shape: tuple[int, int]
  orientation: int
  assumed: bool


class LabelledObject(NamedTuple):
  """One object of a record.

  Attributes:
    box: `[4]` float64 `(ymin, xmin, ymax, xmax)`, pixels of the upright image.
    category_id: category id of the data set.
    area: square pixels.
    crowd: whether it covers a group of objects.
    annotation_id: annotation id of the data set, 0 if there is none.
    crop: the mask in the upright image, None without masks.
    notes: the repairs that were made.
    difficult: Pascal VOC's flag, None if not stated.
    score: confidence in [0, 1], None if not stated.
  """

  box: np.ndarray
  category_id: int
  area: float
  crowd: bool
  annotation_id: int
  crop: Crop | None
  notes: tuple[Note, ...]
  difficult: bool | None
  score: float | None


def frame_of(
  size: tuple[int | None, int | None] | None, image: StoredImage
) -> Frame:
  """Finds the frame of an image's annotations by the annotated size.

  Args:
    size: height and width that the data set states, None if it does not; so
      is each of the two.
    image: the image file.

  Returns:
    The upright frame, or the stored frame of a file with an EXIF orientation.

  Raises:
    SourceError: the size fits neither frame.
  """
  if _fits(size, image.shape):
    turned = image.orientation != exif.UPRIGHT
    assumed = turned and image.shape == image.file_shape
    return Frame(image.shape, exif.UPRIGHT, assumed)
  if _fits(size, image.file_shape):
    return Frame(image.file_shape, image.orientation, False)
  raise SourceError(
    'image_size_mismatch',
    f'the entry says height, width {size}, the file has {image.file_shape}'
    f'{_size_hint(size, image)}',
  )


def _size_hint(size: tuple[int | None, int | None], image: StoredImage) -> str:
  if _fits(size[::-1], image.shape):
    return '; height and width may be swapped in the annotation file'
  return '; the annotations may belong to another version of the image'


def _fits(
  size: tuple[int | None, int | None] | None, shape: tuple[int, int]
) -> bool:
  return size is None or all(
    stated in (None, actual) for stated, actual in zip(size, shape, strict=True)
  )


def place(
  entry: ObjectEntry,
  *,
  frame: Frame,
  categories: Collection[int],
  include_masks: bool,
  box_form: str | None = None,
) -> LabelledObject:
  """Checks one object and places it in the upright image.

  Args:
    entry: the annotated object.
    frame: the result of `frame_of`.
    categories: the category ids of the data set.
    include_masks: whether to read the mask. Without masks it is read only to
      replace an absent or unusable box.
    box_form: form of the boxes of the data set, None for the standard one.

  Returns:
    The object. Its box is clipped to the image.

  Raises:
    SourceError: the entry is malformed or lies outside of the image.
  """
  category_id = entry.category_id
  if not isinstance(category_id, int) or category_id not in categories:
    raise SourceError(
      'unknown_category',
      f'no category has the id {category_id!r}{_known(categories)}',
    )
  notes = list(entry.notes)
  crop = _read_mask(entry, frame.shape) if include_masks else None
  try:
    box = placed_boxes.stated(
      entry.box, crop, frame.shape, form=box_form, notes=notes
    )
  except SourceError as fault:
    if crop is None and (entry.read_mask or entry.box is None):
      crop = _read_mask(entry, frame.shape)
    box = placed_boxes.of_mask(crop, fault, notes)
  area = _area(entry.area, crop, box, frame.shape, notes)
  if include_masks and not crop.mask.size:
    notes.append(Note('objects_without_pixels'))
  if frame.orientation != exif.UPRIGHT:
    box = exif.turn_box(box, frame.shape, frame.orientation)
    crop = crop and exif.turn_crop(crop, frame.shape, frame.orientation)
  return LabelledObject(
    box=box,
    category_id=category_id,
    area=area,
    crowd=bool(entry.crowd),
    annotation_id=entry.id if isinstance(entry.id, int) else NO_ID,
    crop=crop if include_masks else None,
    notes=tuple(notes),
    difficult=_difficult(entry.difficult),
    score=_score(entry.score),
  )


def _known(categories: Collection[int]) -> str:
  """Names some of the ids that exist, for a message."""
  ids = [str(number) for number in itertools.islice(categories, _NUM_KNOWN)]
  more = ', ...' if len(categories) > _NUM_KNOWN else ''
  return f'; there are {", ".join(ids)}{more}'


def _read_mask(entry: ObjectEntry, shape: tuple[int, int]) -> Crop:
  if entry.read_mask is None:
    raise SourceError('no_segmentation', 'expected a mask, the entry has none')
  return entry.read_mask(shape)


def _area(
  area: Any,
  crop: Crop | None,
  box: np.ndarray,
  shape: tuple[int, int],
  notes: list[Note],
) -> float:
  """Returns the area; one that cannot be is computed."""
  if isinstance(area, int | float) and 0 <= area <= math.prod(shape):
    return float(area)
  got = '' if area is None else f'expected 0 to {math.prod(shape)}, got {area}'
  notes.append(Note('areas_computed', got))
  if crop is not None:
    return float(crop.mask.sum())
  return float(np.prod(box[2:] - box[:2]))


def _difficult(flag: Any) -> bool | None:
  if flag not in (None, 0, 1):
    raise SourceError('malformed_difficult', f'expected 0 or 1, got {flag!r}')
  return None if flag is None else bool(flag)


def _score(score: Any) -> float | None:
  if score is None:
    return None
  if not isinstance(score, int | float) or not 0 <= score <= 1:
    raise SourceError('malformed_score', f'expected 0 to 1, got {score!r}')
  return float(score)
