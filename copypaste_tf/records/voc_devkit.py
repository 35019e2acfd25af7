"""Finds the images of a VOCdevkit and their files.

The lists in `ImageSets` say which images a set has. A folder has more files: in
VOC2012, 17,125 annotations of which 11,540 are for detection.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from typing import NamedTuple

import tensorflow as tf

DETECTION, SEGMENTATION = 'Main', 'Segmentation'
"""Folders of `ImageSets`."""
_NUMBER = re.compile(r'(?a)\d{1,18}')
_DATED = re.compile(r'(?a)(\d{4})_(\d{6})')
# As long as the numbers that the converters give to ids that are text.
_DIGEST_BITS = 53
_ABSENT, *_PRESENT = '-1', '0', '1'  # 0 means difficult objects only.


class ImageSet(NamedTuple):
  """A list of images.

  Attributes:
    year: such as `2007`; its folder is `VOC2007`.
    name: such as `trainval`.
  """

  year: str
  name: str


class Member(NamedTuple):
  """An image of a VOCdevkit.

  Attributes:
    year: such as `2012`.
    name: such as `2008_000002`.
  """

  year: str
  name: str

  @property
  def file_name(self) -> str:
    """The image file, relative to the VOCdevkit."""
    return f'VOC{self.year}/JPEGImages/{self.name}.jpg'

  def path(self, voc_dir: str, folder: str, suffix: str) -> str:
    """Returns the path of one of the files of this image.

    Args:
      voc_dir: the VOCdevkit.
      folder: such as `Annotations`.
      suffix: such as `.xml`.
    """
    return os.path.join(
      voc_dir, f'VOC{self.year}', folder, f'{self.name}{suffix}'
    )


def image_sets(texts: Iterable[str]) -> list[ImageSet]:
  """Reads names of sets such as `2007:trainval`.

  Raises:
    ValueError: a name has another form, or there is none.
  """
  sets = []
  for text in texts:
    year, _, name = text.strip().partition(':')
    if not (re.fullmatch(r'(?a)\d{4}', year) and name):
      raise ValueError(
        f'expected sets as YEAR:SET, such as 2007:trainval, got {text!r}'
      )
    sets.append(ImageSet(year, name))
  if not sets:
    raise ValueError(
      'expected sets as YEAR:SET, such as 2007:trainval, got none'
    )
  return sets


def members(
  voc_dir: str, sets: Iterable[ImageSet], kind: str = DETECTION
) -> dict[int, Member]:
  """Lists the images of sets.

  A list of one class, such as `2007:cat_trainval`, has a second column; its
  images are those that have the class.

  Args:
    voc_dir: the VOCdevkit, which holds folders such as `VOC2012`.
    sets: the sets.
    kind: folder of `ImageSets` with the lists.

  Returns:
    The images by `source_id`, in the order of the lists.

  Raises:
    FileNotFoundError: there is no such list.
    ValueError: a list cannot be read or is empty, or two images have one id.
  """
  found: dict[int, Member] = {}
  for year, name in sets:
    path = os.path.join(voc_dir, f'VOC{year}', 'ImageSets', kind, f'{name}.txt')
    names = _names(path)
    if not names:
      raise ValueError(f'{path}: the list has no images')
    for member in (Member(year, image) for image in names):
      key = source_id(member.name)
      if key in found:
        raise ValueError(
          f'{path}: {member.name} of VOC{year} and {found[key].name} of '
          f'VOC{found[key].year} are both the image {key}; name sets that '
          'have no image in common'
        )
      found[key] = member
  return found


def source_id(name: str) -> int:
  """Returns the image id of records for an image's name.

  Args:
    name: such as `000005`, which is 5, or `2008_000002`, which is 2008000002.
      A name of another form gets a number of 53 bits from its digest, so that
      it stays when other images are added.
  """
  text = digits(name)
  if _NUMBER.fullmatch(text):
    return int(text)
  digest = hashlib.sha256(name.encode('utf-8', 'surrogatepass')).digest()
  return int.from_bytes(digest[:8], 'big') >> (64 - _DIGEST_BITS)


def digits(name: str) -> str:
  """Returns a name of VOC 2008 or later without its underscore.

  Args:
    name: such as `2008_000002`. Any other name is returned as it is.
  """
  match = _DATED.fullmatch(name)
  return match[1] + match[2] if match else name


def read(path: str) -> bytes:
  """Reads a file of a VOCdevkit.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file cannot be read.
  """
  try:
    with tf.io.gfile.GFile(path, 'rb') as file:
      return file.read()
  except tf.errors.NotFoundError as error:
    raise FileNotFoundError(
      f'there is no file {path}; expected a VOCdevkit, with folders such as '
      'VOC2012 that hold Annotations, ImageSets and JPEGImages'
    ) from error
  except tf.errors.OpError as error:
    raise ValueError(f'{path} cannot be read: {error.message}') from error


def _names(path: str) -> list[str]:
  """Returns the images that a list names."""
  try:
    lines = read(path).decode().splitlines()
  except UnicodeDecodeError as error:
    raise ValueError(f'{path}: the list is not text: {error}') from error
  rows = [line.split() for line in lines if line.strip()]
  wrong = next((row for row in rows if not _is_entry(row)), None)
  if wrong:
    raise ValueError(
      f'{path}: expected the name of an image in each line, perhaps with 1, 0 '
      f'or -1 after it; got {" ".join(wrong)!r}'
    )
  return [row[0] for row in rows if row[1:] != [_ABSENT]]


def _is_entry(row: list[str]) -> bool:
  signs = row[1:]
  return '\0' not in row[0] and (
    not signs or (len(signs) == 1 and signs[0] in (_ABSENT, *_PRESENT))
  )
