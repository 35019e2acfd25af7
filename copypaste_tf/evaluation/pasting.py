"""Pastes predicted masks, relative to their boxes, into the image."""

import numpy as np

from copypaste_tf.records.id_planes import Crop

THRESHOLD = 0.5


def paste(
  mask: np.ndarray,
  box: np.ndarray,
  size: tuple[int, int],
  *,
  threshold: float = THRESHOLD,
) -> Crop:
  """Interpolates a box-relative mask at the pixel centres inside of its box.

  The cells of the mask tile the box. The probability is bilinear between their
  centres, and 0 outside of the box.

  Args:
    mask: `[m, m]` float probabilities in [0, 1].
    box: `[4]` float `(ymin, xmin, ymax, xmax)` in pixels of the image, finite;
      it may extend beyond the image.
    size: height and width of the image.
    threshold: a pixel above this probability belongs to the object.

  Returns:
    The bool mask inside of the box and the image; `[0, 0]` if there is none.
  """
  ymin, xmin, ymax, xmax = map(float, box)
  top, bottom = _span(ymin, ymax, size[0])
  left, right = _span(xmin, xmax, size[1])
  if bottom <= top or right <= left:
    return Crop(0, 0, np.zeros([0, 0], bool))
  rows = _weights(top, bottom, ymin, ymax, mask.shape[0])  # [r, m]
  columns = _weights(left, right, xmin, xmax, mask.shape[1])  # [c, m]
  # Column-major, since RLE encodes column after column.
  probabilities = columns @ mask.T.astype(np.float32) @ rows.T  # [c, r]
  return Crop(top, left, (probabilities > threshold).T)


def _span(low: float, high: float, size: int) -> tuple[int, int]:
  """Returns the pixels that a side of a box touches, as `start, stop`."""
  if high <= low:
    return 0, 0
  return max(int(np.floor(low)), 0), min(int(np.ceil(high)), size)


def _weights(start, stop, low, high, cells: int) -> np.ndarray:
  """Returns `[stop - start, cells]` float32 bilinear weights of the cells."""
  centers = np.arange(start, stop) + 0.5
  position = (centers - low) / (high - low) * cells - 0.5
  distance = np.abs(position[:, np.newaxis] - np.arange(cells))
  return np.maximum(0, 1 - distance).astype(np.float32)
