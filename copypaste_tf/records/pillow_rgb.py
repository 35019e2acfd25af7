"""Converts Pillow images to RGB, for the converter and for predictions."""

import struct
import zlib

import numpy as np
from PIL import Image

# Pillow raises these for files that are not images, truncated or corrupt.
DECODE_ERRORS = (
  OSError,
  SyntaxError,
  ValueError,
  EOFError,
  struct.error,
  zlib.error,
  Image.DecompressionBombError,
)
_DEEP_MODES = ('I;16', 'I;16B', 'I;16L', 'I')


def rgb(image: Image.Image) -> np.ndarray:
  """Decodes an image.

  Args:
    image: image of any mode. Like TensorFlow, it reduces 16 bits to 8 and drops
      alpha.

  Returns:
    `[h, w, 3]` uint8 RGB.

  Raises:
    ValueError: the pixels are floating-point.
    OSError: the file is truncated or corrupt. The others of `DECODE_ERRORS`
      mean the same.
  """
  if image.mode in _DEEP_MODES:
    grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255)
    return np.repeat(grey.astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
  if image.mode == 'F':
    raise ValueError('floating-point pixels have no known range')
  return np.asarray(image.convert('RGB'))
