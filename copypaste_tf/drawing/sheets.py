"""Lays pictures out in sheets and encodes them."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

GAP = 4  # White pixels between pictures that stand side by side.


def png_bytes(image: np.ndarray) -> bytes:
  """Encodes an image as PNG.

  Args:
    image: `[h, w, 3]` uint8 RGB or `[h, w]` uint8 grey.

  Returns:
    The bytes of the file.
  """
  pixels = image[..., ::-1] if image.ndim == 3 else image
  return cv2.imencode('.png', np.ascontiguousarray(pixels))[1].tobytes()


def tile(images: Sequence[np.ndarray], columns: int) -> np.ndarray:
  """Lays images out in rows of white cells of the largest size.

  Args:
    images: `[h, w, 3]` uint8 RGB each; sizes may differ.
    columns: number of images in a row, at least 1.

  Returns:
    `[rows * max h, columns * max w, 3]` uint8; one white pixel for no images.

  Raises:
    ValueError: if `columns` is below 1.
  """
  if columns < 1:
    raise ValueError(f'columns must be at least 1, got {columns}.')
  if not len(images):
    return np.full([1, 1, 3], 255, np.uint8)
  height = max(image.shape[0] for image in images)
  width = max(image.shape[1] for image in images)
  rows = -(-len(images) // columns)
  sheet = np.full([rows * height, columns * width, 3], 255, np.uint8)
  for i, image in enumerate(images):
    top, left = i // columns * height, i % columns * width
    sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
  return sheet


def side_by_side(images: Iterable[np.ndarray]) -> np.ndarray:
  """Joins images, with a white gap between them.

  Args:
    images: at least one, each `[h, w, 3]` uint8; sizes may differ.

  Returns:
    `[max h, sum of w and gaps, 3]` uint8.
  """
  images = list(images)
  width = sum(image.shape[1] + GAP for image in images) - GAP
  height = max(image.shape[0] for image in images)
  sheet = np.full([height, width, 3], 255, np.uint8)
  left = 0
  for image in images:
    sheet[: image.shape[0], left : left + image.shape[1]] = image
    left += image.shape[1] + GAP
  return sheet
