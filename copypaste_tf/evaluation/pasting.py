"""Predicted masks, relative to their boxes, onto the pixels of the image."""

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

  The cells of the mask tile the box; between their centres the probability is
  bilinear, outside of the box it is 0.

  Args:
    mask: `[m, m]` probabilities in [0, 1].
    box: `[4]` finite pixels `(ymin, xmin, ymax, xmax)` of the image; may leave
      it.
    size: height and width of the image.
    threshold: a pixel above this probability belongs to the object.

  Returns:
    The part of the mask inside of the box and the image; `[0, 0]` for none.
  """
  ymin, xmin, ymax, xmax = map(float, box)
  top, bottom = _span(ymin, ymax, size[0])
  left, right = _span(xmin, xmax, size[1])
  if bottom <= top or right <= left:
    return Crop(0, 0, np.zeros([0, 0], bool))
  rows = _weights(top, bottom, ymin, ymax, mask.shape[0])  # [r, m]
  columns = _weights(left, right, xmin, xmax, mask.shape[1])  # [c, m]
  # Column after column, which is how the result will be encoded.
  probabilities = columns @ mask.T.astype(np.float32) @ rows.T  # [c, r]
  return Crop(top, left, (probabilities > threshold).T)


def _span(low: float, high: float, size: int) -> tuple[int, int]:
  """First pixel, and last + 1, that a box side touches inside of the image."""
  if high <= low:
    return 0, 0
  return max(int(np.floor(low)), 0), min(int(np.ceil(high)), size)


def _weights(start, stop, low, high, cells: int) -> np.ndarray:
  """`[stop - start, cells]` bilinear weights of the cells at pixel centres."""
  centers = np.arange(start, stop) + 0.5
  position = (centers - low) / (high - low) * cells - 0.5
  distance = np.abs(position[:, np.newaxis] - np.arange(cells))
  return np.maximum(0, 1 - distance).astype(np.float32)
