"""Reads images and masks that lie within a file of many."""

from typing import NamedTuple

import numpy as np

from copypaste_tf.records import id_planes, png
from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import storage
from tfrecord_tools.faults import SourceError


class Part(NamedTuple):
  """A range of bytes of a file, which holds a whole image or mask file.

  Attributes:
    path: the file.
    offset: place of the first byte.
    length: number of bytes.
  """

  path: str
  offset: int
  length: int

  def __str__(self) -> str:
    return f'{self.path}, byte {self.offset}'

  def read(self) -> bytes | None:
    """Returns the bytes, fewer from a shorter file; None without the file.

    Raises:
      OSError: the file cannot be read.
    """
    return storage.read(self.path, self.offset, self.length)


class ReadPartMask(NamedTuple):
  """A function that reads a mask; see `entries.ReadMask`.

  Attributes:
    part: a PNG of the image's size, whose pixels above 0 are the object's.
  """

  part: Part

  def __call__(self, shape: tuple[int, int]) -> Crop:
    """Returns the mask in its tight box; raises SourceError if it is none."""
    data = self.part.read()
    try:
      pixels = png.decode(data or b'')
    except ValueError as error:
      raise SourceError('malformed_mask', f'{self.part}: {error}') from error
    if pixels.shape != (*shape, 1):
      raise SourceError(
        'mask_size_mismatch',
        f'{self.part}: expected {(*shape, 1)} pixels, got {pixels.shape}',
      )
    return id_planes.crop(np.asarray(pixels[..., 0]))
