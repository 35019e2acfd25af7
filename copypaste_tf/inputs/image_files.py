"""Image files as the converter of `tfrecord_tools` reads them, on the host.

What TensorFlow decodes as the converter stores it goes through TensorFlow, so
that a file and its record give the same pixels. Everything else, such as CMYK,
alpha channels, palettes, EXIF orientations and other formats, is decoded by
Pillow, turned upright and made RGB. Alpha is dropped.
"""

import io
import struct
import zlib

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

_ORIENTATION_TAG, _UPRIGHT = 0x0112, 1
_FORMATS = ('JPEG', 'MPO', 'PNG')
_DEEP_MODES = ('I;16', 'I;16B', 'I;16L', 'I')
_ERRORS = (
  OSError,
  SyntaxError,
  ValueError,
  EOFError,
  struct.error,
  zlib.error,
  tf.errors.OpError,
  Image.DecompressionBombError,
)


def read(path: str) -> np.ndarray:
  """Reads an image file.

  Args:
    path: the file, also of a remote file system that TensorFlow knows.

  Returns:
    `[h, w, 3]` uint8 RGB, upright.

  Raises:
    ValueError: there is no such file, or it is no image, truncated or corrupt.
  """
  try:
    with tf.io.gfile.GFile(path, 'rb') as file:
      data = file.read()
    with Image.open(io.BytesIO(data)) as image:
      upright = image.getexif().get(_ORIENTATION_TAG, _UPRIGHT) == _UPRIGHT
      plain = image.mode in ('RGB', 'L') and image.format in _FORMATS
      if upright and plain:
        return tf.io.decode_image(data, 3, expand_animations=False).numpy()
      return _rgb(ImageOps.exif_transpose(image))
  except _ERRORS as error:
    reason = str(getattr(error, 'message', error)).split('\n')[0]
    raise ValueError(f'{path}: {reason}') from error


def _rgb(image: Image.Image) -> np.ndarray:
  if image.mode in _DEEP_MODES:
    grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255)
    return np.repeat(grey.astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
  if image.mode == 'F':
    raise ValueError('floating-point pixels have no known range')
  return np.asarray(image.convert('RGB'))
