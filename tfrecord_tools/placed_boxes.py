"""Checks the box of an object, and compares it with the mask."""

import math

import numpy as np

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import box_forms
from tfrecord_tools.box_forms import Corners, Pair, Shape
from tfrecord_tools.faults import Note, SourceError


def stated(
  corners: Corners | None,
  crop: Crop | None,
  shape: Shape,
  *,
  form: str | None,
  notes: list[Note],
) -> np.ndarray:
  """Checks a box and clips it to the image.

  A box that does not fit its mask, but does in another form, is read in that
  form. A box that fits in no form is kept: it may include hidden parts.

  Args:
    corners: `(ymin, xmin, ymax, xmax)` in pixels, None if there is no box.
    crop: the mask, None if it is not known.
    shape: height and width of the image.
    form: form of the boxes of the whole data set, None for the standard one.
    notes: repairs; extended in place.

  Returns:
    `[4]` float64 `(ymin, xmin, ymax, xmax)`.

  Raises:
    SourceError: there is no box, or nothing of it lies in the image.
  """
  if corners is None:
    raise SourceError('no_box', 'there is no box')
  if not all(map(math.isfinite, corners)):
    raise _malformed(corners)
  doubtful = not form and _is_elsewhere(corners, crop)
  if doubtful:
    form = _own_form(corners, crop, shape)
  if form:
    notes.append(Note('boxes_in_another_form', _told(corners, crop, form)))
    return _clipped(box_forms.read_as(form, corners, shape), shape, notes)
  box = _clipped(corners, shape, notes)
  if doubtful:
    notes.append(Note('boxes_unlike_masks', _told(corners, crop, 'no form')))
  return box


def of_mask(
  crop: Crop | None, fault: SourceError, notes: list[Note]
) -> np.ndarray:
  """Returns the box of a mask.

  Args:
    crop: the mask, None without one.
    fault: why the stated box is not taken.
    notes: repairs; extended in place.

  Returns:
    `[4]` float64 `(ymin, xmin, ymax, xmax)`.

  Raises:
    SourceError: the mask has no pixel either.
  """
  if crop is None:
    raise fault
  if not crop.mask.size:
    raise SourceError(
      fault.reason, f'{fault.detail}, and the mask has no pixel'
    )
  notes.append(Note('boxes_from_masks', fault.detail))
  return np.array(box_forms.box_of(crop), np.float64)


def _is_elsewhere(corners: Corners, crop: Crop | None) -> bool:
  """Returns whether a box does not lie where its mask does."""
  if crop is None or not crop.mask.size:
    return False
  return not box_forms.is_same_object(corners, box_forms.box_of(crop))


def _own_form(corners: Corners, crop: Crop, shape: Shape) -> str | None:
  """Returns another form in which a box fits its mask, if there is one."""
  return box_forms.likely_form(Pair(corners, box_forms.box_of(crop), shape))


def _told(corners: Corners, crop: Crop | None, form: str) -> str:
  top, left, bottom, right = corners
  numbers = [round(x, 2) for x in (left, top, right - left, bottom - top)]
  if crop is None or not crop.mask.size:
    return f'the box {numbers} is read as {form}'
  top, left, bottom, right = box_forms.box_of(crop)
  mask = [left, top, right - left, bottom - top]
  return f"the box {numbers}, its mask's box {mask}: fits as {form}"


def _clipped(corners: Corners, shape: Shape, notes: list[Note]) -> np.ndarray:
  ymin, xmin, ymax, xmax = corners
  if ymax < ymin or xmax < xmin:
    raise _malformed(corners)
  limits = shape * 2
  pairs = list(zip(corners, limits, strict=True))
  box = [min(max(corner, 0.0), limit) for corner, limit in pairs]
  # Compared as stored, since the float32 sides of a thin box may be equal.
  pairs = zip(box, limits, strict=True)
  top, left, bottom, right = (np.float32(a / limit) for a, limit in pairs)
  if top >= bottom or left >= right:
    flat = ymax == ymin or xmax == xmin
    reason = 'empty_box' if flat else 'box_outside_image'
    raise SourceError(
      reason, f'the box {corners} leaves nothing in an image of {shape}'
    )
  if any(a != b for a, b in zip(box, corners, strict=True)):
    notes.append(Note('clipped_boxes', f'{corners} in an image of {shape}'))
  return np.array(box, np.float64)


def _malformed(corners: Corners) -> SourceError:
  return SourceError(
    'malformed_box',
    'expected finite (ymin, xmin, ymax, xmax) of a height and a width of at '
    f'least 0, got {corners}',
  )
