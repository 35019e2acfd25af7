"""Turns pixels, masks and boxes upright by their EXIF orientation."""

import numpy as np

from copypaste_tf.records.id_planes import Crop

UPRIGHT = 1

# By orientation: whether to transpose, then to flip rows, to flip columns.
_TURNS = {
  1: (False, False, False),
  2: (False, False, True),
  3: (False, True, True),
  4: (False, True, False),
  5: (True, False, False),
  6: (True, False, True),
  7: (True, True, True),
  8: (True, True, False),
}


def is_known(orientation: int) -> bool:
  """Returns whether EXIF defines this value of the orientation tag."""
  return orientation in _TURNS


def turn_size(shape: tuple[int, int], orientation: int) -> tuple[int, int]:
  """Returns height and width of the upright image.

  Args:
    shape: height and width as stored.
    orientation: 1 to 8.
  """
  return shape[::-1] if _TURNS[orientation][0] else shape


def turn_pixels(pixels: np.ndarray, orientation: int) -> np.ndarray:
  """Turns an image or a mask.

  Args:
    pixels: `[h, w, ...]` of any dtype, as stored.
    orientation: 1 to 8.

  Returns:
    A view of the pixels, `[h, w, ...]` or `[w, h, ...]`, upright.
  """
  transpose, rows, columns = _TURNS[orientation]
  if transpose:
    pixels = pixels.swapaxes(0, 1)
  if rows:
    pixels = pixels[::-1]
  return pixels[:, ::-1] if columns else pixels


def turn_box(
  box: np.ndarray, shape: tuple[int, int], orientation: int
) -> np.ndarray:
  """Turns a box.

  Args:
    box: `[4]` `(ymin, xmin, ymax, xmax)` in pixels of the stored image.
    shape: height and width as stored.
    orientation: 1 to 8.

  Returns:
    `[4]` in pixels of the upright image.
  """
  transpose, rows, columns = _TURNS[orientation]
  top, left, bottom, right = box
  height, width = shape
  if transpose:
    top, left, bottom, right = left, top, right, bottom
    height, width = width, height
  if rows:
    top, bottom = height - bottom, height - top
  if columns:
    left, right = width - right, width - left
  return np.array([top, left, bottom, right])


def turn_crop(crop: Crop, shape: tuple[int, int], orientation: int) -> Crop:
  """Turns a mask; see `turn_box`."""
  rows, columns = crop.mask.shape
  corners = (crop.top, crop.left, crop.top + rows, crop.left + columns)
  top, left, _, _ = turn_box(np.array(corners), shape, orientation)
  return Crop(int(top), int(left), turn_pixels(crop.mask, orientation))
