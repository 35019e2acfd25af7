"""Reads image files and stores them as upright RGB or grey JPEG or PNG.

A file that every decoder reads alike is stored byte for byte. Any other file is
encoded again. Whatever is stored has been decoded as training decodes it.
"""

import io
import os
from typing import NamedTuple

import numpy as np
from PIL import Image

from copypaste_tf.records import pictures
from tfrecord_tools import orientation as exif
from tfrecord_tools import storage
from tfrecord_tools.faults import SourceError
from tfrecord_tools.parts import Part


class StoredImage(NamedTuple):
  """The image of a record.

  Attributes:
    data: bytes of a JPEG or PNG, grey or RGB, upright.
    image_format: `jpeg` or `png`.
    shape: height and width of `data`.
    file_shape: height and width in the file, before turning.
    orientation: EXIF orientation of the file, 1 if it is upright.
    reencoded: whether `data` differs from the file.
    notes: names of what was ignored in the file, such as damaged metadata.
  """

  data: bytes
  image_format: str
  shape: tuple[int, int]
  file_shape: tuple[int, int]
  orientation: int
  reencoded: bool
  notes: tuple[str, ...] = ()


def read(path: str | Part) -> StoredImage:
  """Reads an image file and checks that all of it decodes.

  Args:
    path: the file, or the place of the image within a file of many.

  Returns:
    The image.

  Raises:
    SourceError: the file does not exist, is not an image, is truncated or is
      corrupt.
    OSError: a remote file system does not give the file.
  """
  data = _contents(path)
  try:
    picture = pictures.read(data)
    encoded = data if picture.is_plain else _encode(picture)
  except ValueError as error:
    raise SourceError('corrupt_image', f'{path}: {error}') from error
  shape = picture.pixels.shape[:2]
  return StoredImage(
    data=encoded,
    image_format='jpeg' if picture.is_jpeg else 'png',
    shape=shape,
    file_shape=exif.turn_size(shape, picture.orientation),
    orientation=picture.orientation,
    reencoded=not picture.is_plain,
    notes=picture.notes,
  )


def _contents(path: str | Part) -> bytes:
  if isinstance(path, Part):
    return path.read() or b''
  # Reading a pipe or a device might never end.
  if os.path.exists(path) and not os.path.isfile(path):
    kind = 'a folder' if os.path.isdir(path) else 'not a regular file'
    raise SourceError('unreadable_image', f'{path}: this is {kind}')
  try:
    data = storage.read(path)
  except OSError as error:
    if storage.is_remote(path):  # It may answer another time.
      raise
    reason = f'{path}: {error.strerror}'
    raise SourceError('unreadable_image', reason) from error
  if data is None:
    raise SourceError('missing_image', f'{path}: no such file')
  return data


def _encode(picture: pictures.Picture) -> bytes:
  """Encodes a picture, and checks that training decodes it."""
  stream = io.BytesIO()
  image = Image.fromarray(np.ascontiguousarray(picture.pixels))
  if picture.is_jpeg:
    image.save(stream, 'JPEG', quality=95, subsampling=0)
  else:
    image.save(stream, 'PNG', compress_level=4)
  data = stream.getvalue()
  decoded = pictures.decode(data)
  same_size = decoded.shape == picture.pixels.shape
  if not same_size or not (
    picture.is_jpeg or np.array_equal(decoded, picture.pixels)
  ):
    raise ValueError('its pixels changed when it was encoded again')
  return data
