"""Reads the annotation files of a VOCdevkit, and adds them to a digest."""

import hashlib
from typing import NamedTuple

from copypaste_tf.records.voc_devkit import Member
from tfrecord_tools import storage
from tfrecord_tools.faults import SourceError


class VocFiles(NamedTuple):
  """A VOCdevkit and how to read it.

  Attributes:
    path: the VOCdevkit.
    category_ids: ids by the names of the classes.
    box_origin: coordinate of the first column and row.
    skip_difficult: whether to leave out difficult objects.
    digest: of all files that were read; changed in place.
  """

  path: str
  category_ids: dict[str, int]
  box_origin: int
  skip_difficult: bool
  digest: 'Digest'

  def file(
    self, member: Member, folder: str, suffix: str
  ) -> tuple[str, bytes | None]:
    """Returns the path of a file of an image, and its bytes if it exists.

    Args:
      member: the image.
      folder: such as `Annotations`.
      suffix: such as `.xml`.

    Raises:
      SourceError: the file cannot be read.
    """
    path = member.path(self.path, folder, suffix)
    try:
      data = storage.read(path)
    except OSError as error:
      if storage.is_remote(path):  # It may answer another time.
        raise
      raise SourceError(
        'unreadable_annotation_file', f'{path}: {error.strerror}'
      ) from error
    self.digest.add(path.removeprefix(self.path), data)
    return path, data

  def required(
    self, member: Member, folder: str, suffix: str
  ) -> tuple[str, bytes]:
    """Returns the path and the bytes of a file that must exist; see `file`."""
    path, data = self.file(member, folder, suffix)
    if data is None:
      raise SourceError('missing_annotation_file', f'{path}: no such file')
    return path, data


class Digest:
  """A digest of files.

  Attributes:
    size: their bytes.
  """

  def __init__(self):
    """Starts with no file."""
    self._hash, self.size = hashlib.sha256(), 0

  def add(self, name: str, data: bytes | None) -> None:
    """Adds a file; None for one that is missing."""
    self.size += len(data or b'')
    parts = (name.encode('utf-8', 'surrogateescape'), data)
    for part in parts:
      self._hash.update(f'{-1 if part is None else len(part)}\n'.encode())
      self._hash.update(part or b'')

  def hexdigest(self) -> str:
    """Returns the SHA-256."""
    return self._hash.hexdigest()
