"""Decodes the bytes of image files to upright RGB.

TensorFlow decodes what every decoder reads alike, as training does: upright
grey or RGB JPEGs, and such PNGs of 8 bits. Pillow decodes the rest: CMYK,
palettes, alpha channels, other depths, EXIF orientations and other formats.
"""

import io
import re
import warnings
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image

from copypaste_tf.records import pillow_rgb, streams

UPRIGHT = 1
_ORIENTATIONS = range(1, 9)
_ORIENTATION_TAG = 0x0112
_TURNS = {
  2: Image.Transpose.FLIP_LEFT_RIGHT,
  3: Image.Transpose.ROTATE_180,
  4: Image.Transpose.FLIP_TOP_BOTTOM,
  5: Image.Transpose.TRANSPOSE,
  6: Image.Transpose.ROTATE_270,
  7: Image.Transpose.TRANSVERSE,
  8: Image.Transpose.ROTATE_90,
}
_JPEG_FORMATS = ('JPEG', 'MPO')
_PLAIN_MODES = ('RGB', 'L')
_PNG_DEPTH = 24  # Offset of the bits per channel in a PNG file.
_PNG_METADATA = (b'eXIf', b'exif', b'xmp')
_JPEG_OR_PNG = (b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n')
# First bytes of files that are found in place of an image, and the remedy.
_OTHER_FILES = (
  (rb'version https://git-lfs', 'a Git LFS pointer: run `git lfs pull`'),
  (rb'\S*/annex/objects/', 'a git-annex pointer: run `git annex get`'),
  (rb'\s*<(!doctype )?html', 'a web page: download the image again'),
  (rb'....ftyp(hei|hev|mif|msf)', 'a HEIC image: convert it to JPEG or PNG'),
)


class Picture(NamedTuple):
  """A decoded image file.

  Attributes:
    pixels: `[h, w, 3]` uint8 RGB, upright.
    orientation: EXIF orientation of the file, 1 if it is upright.
    is_jpeg: whether the file is a JPEG.
    is_plain: whether TensorFlow decodes the bytes of the file to `pixels`.
    notes: names of what was ignored in the file, such as damaged metadata.
  """

  pixels: np.ndarray
  orientation: int
  is_jpeg: bool
  is_plain: bool
  notes: tuple[str, ...] = ()


def read(data: bytes) -> Picture:
  """Decodes an image file of any format.

  Args:
    data: bytes of the file.

  Returns:
    The picture.

  Raises:
    ValueError: the bytes are not an image, or are truncated or corrupt.
  """
  with warnings.catch_warnings():
    # Pillow warns of large images and of damaged metadata.
    warnings.simplefilter('ignore')
    try:
      image = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:
      raise ValueError(f'{error} Cut it into tiles first.') from error
    except pillow_rgb.DECODE_ERRORS as error:
      return _read_headless(data, error)
    with image:
      return _read_image(image, data)


def decode(data: bytes) -> np.ndarray:
  """Decodes an image as training does.

  Args:
    data: bytes of a JPEG or PNG.

  Returns:
    `[h, w, 3]` uint8 RGB.

  Raises:
    ValueError: TensorFlow refuses the bytes.
  """
  try:
    return tf.io.decode_image(data, 3, expand_animations=False).numpy()
  except tf.errors.OpError as error:
    reason = streams.reason(error)
    raise ValueError(f'TensorFlow cannot decode it: {reason}') from error


def _read_image(image: Image.Image, data: bytes) -> Picture:
  is_jpeg = image.format in _JPEG_FORMATS
  orientation, notes = _orientation(image, data)
  is_plain = orientation == UPRIGHT and _is_plain(image, data)
  if is_plain:
    pixels = decode(data)
    size = (image.height, image.width)
    if pixels.shape[:2] != size:
      raise ValueError(f'its header says {size}, it has {pixels.shape[:2]}')
  else:
    pixels = _upright(image, orientation)
  if not is_jpeg and _has_more_frames(image):
    notes += ('images_with_more_frames',)
  return Picture(pixels, orientation, is_jpeg, is_plain, notes)


def _read_headless(data: bytes, error: Exception) -> Picture:
  """Decodes a file that Pillow cannot open, often for damaged metadata."""
  if not data.startswith(_JPEG_OR_PNG):
    raise ValueError(_describe(data)) from error
  notes = ('images_with_unreadable_metadata',)
  return Picture(decode(data), UPRIGHT, False, False, notes)


def _orientation(
  image: Image.Image, data: bytes
) -> tuple[int, tuple[str, ...]]:
  """Reads the EXIF orientation before Pillow turns the image by itself."""
  if image.format == 'PNG' and not any(name in data for name in _PNG_METADATA):
    # Pillow would decode all pixels to search for metadata after them.
    return UPRIGHT, ()
  try:
    value = image.getexif().get(_ORIENTATION_TAG, UPRIGHT)
  except pillow_rgb.DECODE_ERRORS:
    return UPRIGHT, ('images_with_unreadable_metadata',)
  return (value if value in _ORIENTATIONS else UPRIGHT), ()


def _upright(image: Image.Image, orientation: int) -> np.ndarray:
  try:
    if orientation != UPRIGHT:
      # `ImageOps.exif_transpose` also writes the EXIF again, which fails if
      # another of its values is damaged.
      image.load()  # Pillow turns a TIFF here by itself, and says so.
      turn = _TURNS.get(image.getexif().get(_ORIENTATION_TAG))
      image = image if turn is None else image.transpose(turn)
    return pillow_rgb.rgb(image)
  except pillow_rgb.DECODE_ERRORS as error:
    raise ValueError(str(error)) from error


def _has_more_frames(image: Image.Image) -> bool:
  try:
    return getattr(image, 'n_frames', 1) > 1
  except (*pillow_rgb.DECODE_ERRORS, LookupError, TypeError):
    return True  # A later frame is damaged; it is not read.


def _is_plain(image: Image.Image, data: bytes) -> bool:
  """Returns whether every decoder reads the same 8-bit pixels."""
  if image.mode not in _PLAIN_MODES:
    return False
  if image.format == 'PNG':
    return data[_PNG_DEPTH] == 8
  return image.format in _JPEG_FORMATS


def _describe(data: bytes) -> str:
  if not data:
    return 'the file is empty'
  for pattern, content in _OTHER_FILES:
    if re.match(pattern, data, re.IGNORECASE | re.DOTALL):
      return f'the file is {content}'
  return f'not an image of a known format; it begins with {data[:12]!r}'
