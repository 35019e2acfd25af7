"""Reads COCO's run-length encoding of masks and checks every length.

Counts alternate between runs of zeros and of ones, beginning with zeros, over
the columns of an image from left to right. pycocotools does not check them, so
a malformed file could make it read beyond its memory.
"""

import cv2
import numpy as np

from copypaste_tf.records.id_planes import Crop

_BITS = 5  # Of a count in each character of a compressed string.
_PIXELS = (b'\0', b'\1')
_SHOWN = 40  # Characters in a message.
_MAX_CHARACTERS = 7  # Of a count: 35 bits, more pixels than any image has.


def from_string(text: str | bytes) -> np.ndarray:
  """Reads the counts of a compressed RLE.

  Args:
    text: the `counts` string of COCO's API.

  Returns:
    `[k]` int64 counts, not checked against an image.

  Raises:
    ValueError: the string is not an RLE.
  """
  if isinstance(text, str):
    text = text.encode('utf-8')
  codes = np.frombuffer(text, np.uint8).astype(np.int64) - 48
  if not codes.size or codes.min() < 0 or codes.max() > 63:
    raise ValueError(
      'a compressed RLE holds characters from "0" to "o" only, got '
      f'{text[:_SHOWN]!r}'
    )
  ends = np.flatnonzero(codes < 32)
  if not ends.size or ends[-1] != codes.size - 1:
    raise ValueError('a compressed RLE ends within a count')
  starts = np.concatenate([[0], ends[:-1] + 1])
  lengths = ends - starts + 1
  if lengths.max() > _MAX_CHARACTERS:
    raise ValueError('a compressed RLE holds a count beyond any image')
  place = _BITS * (np.arange(codes.size) - np.repeat(starts, lengths))
  counts = np.add.reduceat((codes & 31) << place, starts)
  # The highest bit of the last character is the sign.
  counts -= np.where(codes[ends] & 16, 1 << _BITS * lengths, 0)
  # From the fourth on, a count is the difference to the one two before it.
  counts[1::2] = np.cumsum(counts[1::2])
  counts[2::2] = np.cumsum(counts[2::2])
  return counts


def to_crop(counts: np.ndarray, shape: tuple[int, int]) -> Crop:
  """Decodes counts to a mask.

  Args:
    counts: `[k]` int64.
    shape: height and width of the image.

  Returns:
    The mask in its tight box.

  Raises:
    ValueError: a count is negative, or they do not add up to the image.
  """
  height, width = shape
  if counts.size and counts.min() < 0:
    raise ValueError('an RLE holds a negative count')
  total = int(counts.sum())
  if total != height * width:
    raise ValueError(
      f'an RLE covers {total} pixels, the image has {height * width}'
    )
  edges = np.cumsum(counts)
  starts, stops = edges[0:-1:2], edges[1::2]
  filled = starts < stops
  if not filled.any():
    return Crop(0, 0, np.zeros((0, 0), bool))
  starts, stops = starts[filled], stops[filled]
  left, right = int(starts[0]) // height, int(stops[-1] - 1) // height + 1
  top, bottom = _rows(starts, stops, height)
  columns = _draw(edges, left * height, right * height).reshape(-1, height)
  # OpenCV transposes large masks several times faster than NumPy copies them.
  mask = cv2.transpose(columns[:, top:bottom].view(np.uint8))
  return Crop(top, left, mask.view(bool))


def from_mask(mask: np.ndarray) -> list[int]:
  """Encodes a mask.

  Args:
    mask: `[h, w]` bool.

  Returns:
    The counts of an uncompressed RLE.
  """
  flat = mask.ravel(order='F')
  changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
  runs = np.diff([0, *changes, flat.size]).tolist()
  return [0, *runs] if flat[0] else runs


def _draw(edges: np.ndarray, start: int, stop: int) -> np.ndarray:
  """Returns the pixels `start` to `stop` in column-major order, `[k]` bool."""
  inside = np.minimum(np.maximum(edges, start), stop).tolist()
  pieces, last = [], start
  for index, edge in enumerate(inside):
    # Joining bytes is several times faster than np.repeat for short runs.
    pieces.append(_PIXELS[index & 1] * (edge - last))
    last = edge
  return np.frombuffer(b''.join(pieces), bool)


def _rows(
  starts: np.ndarray, stops: np.ndarray, height: int
) -> tuple[int, int]:
  """Returns the first row and the last row + 1 that runs of ones cover."""
  first, last = starts % height, (stops - 1) % height
  if (starts // height != (stops - 1) // height).any():
    return 0, height  # A run across two columns covers the last and first row.
  return int(first.min()), int(last.max()) + 1
