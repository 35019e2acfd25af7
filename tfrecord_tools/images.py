"""Reads image files and stores them as upright RGB or grey JPEG or PNG.

A file that every decoder reads alike is stored byte for byte. Any other file is
decoded, turned upright and encoded again: CMYK, palettes, alpha channels,
depths other than 8 bits, EXIF orientations and other formats.
"""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image

from copypaste_tf.records import pillow_rgb
from tfrecord_tools import jpeg
from tfrecord_tools import orientation as exif
from tfrecord_tools.faults import SourceError

_ORIENTATION_TAG = 0x0112
_JPEG_FORMATS = ('JPEG', 'MPO')
_PLAIN_MODES = ('RGB', 'L')
_PNG_DEPTH = 24  # Offset of the bits per channel in a PNG file.


class StoredImage(NamedTuple):
  """The image of a record.

  Attributes:
    data: bytes of a JPEG or PNG, grey or RGB, upright.
    image_format: `jpeg` or `png`.
    shape: height and width of `data`.
    file_shape: height and width in the file, before turning.
    orientation: EXIF orientation of the file, 1 if it is upright.
    reencoded: whether `data` differs from the file.
  """

  data: bytes
  image_format: str
  shape: tuple[int, int]
  file_shape: tuple[int, int]
  orientation: int
  reencoded: bool


def read(path: str) -> StoredImage:
  """Reads an image file and checks that all of it decodes.

  Args:
    path: the file.

  Returns:
    The image.

  Raises:
    SourceError: the file does not exist, is not an image, is truncated or is
      corrupt.
  """
  try:
    with open(path, 'rb') as file:
      data = file.read()
  except FileNotFoundError as error:
    raise SourceError('missing_image', f'{path}: no such file') from error
  except OSError as error:
    raise SourceError('unreadable_image', f'{path}: {error}') from error
  try:
    with Image.open(io.BytesIO(data)) as image:
      return _store(image, data)
  except pillow_rgb.DECODE_ERRORS as error:
    raise SourceError('corrupt_image', f'{path}: {error}') from error


def _store(image: Image.Image, data: bytes) -> StoredImage:
  orientation = image.getexif().get(_ORIENTATION_TAG, exif.UPRIGHT)
  if not exif.is_known(orientation):
    orientation = exif.UPRIGHT
  shape = (image.height, image.width)
  is_jpeg = image.format in _JPEG_FORMATS
  image_format = 'jpeg' if is_jpeg else 'png'
  if orientation == exif.UPRIGHT and _is_plain(image, data):
    if is_jpeg:
      jpeg.check(data)
    else:
      image.load()
    return StoredImage(data, image_format, shape, shape, orientation, False)
  pixels = exif.turn_pixels(pillow_rgb.rgb(image), orientation)
  return StoredImage(
    _encode(pixels, image_format),
    image_format,
    exif.turn_size(shape, orientation),
    shape,
    orientation,
    True,
  )


def _is_plain(image: Image.Image, data: bytes) -> bool:
  """Returns whether every decoder reads the same 8-bit pixels."""
  if image.mode not in _PLAIN_MODES:
    return False
  if image.format == 'PNG':
    return data[_PNG_DEPTH] == 8
  return image.format in _JPEG_FORMATS


def _encode(pixels: np.ndarray, image_format: str) -> bytes:
  stream = io.BytesIO()
  image = Image.fromarray(np.ascontiguousarray(pixels))
  if image_format == 'jpeg':
    image.save(stream, 'JPEG', quality=95, subsampling=0)
  else:
    image.save(stream, 'PNG', compress_level=4)
  return stream.getvalue()
