"""Numbers images whose ids records cannot hold."""

import hashlib
from collections.abc import Iterable
from typing import Any

from tfrecord_tools import loose_values

# Every tool that reads JSON keeps integers of 53 bits.
_BITS = 53


class Numbers:
  """Maps the image ids of a file to integers of 64 bits.

  Integers keep their value. A text, such as a UUID, and a longer integer get a
  number from their digest, so that it stays when other images are added.

  Attributes:
    new: numbers of the ids that could not be kept, by their text.
  """

  def __init__(self, ids: Iterable[Any]):
    """Numbers the images.

    Args:
      ids: the ids of all images, as in the file.
    """
    keys = {loose_values.identity(value) for value in ids} - {None}
    taken = {key for key in keys if loose_values.fits_int64(key)}
    self.new: dict[str, int] = {}
    for text in sorted(str(key) for key in keys - taken):
      number = _digest(text)
      while number in taken:
        number += 1
      taken.add(number)
      self.new[text] = number

  def of(self, value: Any) -> int | None:
    """Returns the number of an image.

    Args:
      value: the id, as an image or an annotation states it.

    Returns:
      The number, None if the value is not an id of 64 bits or of `ids`.
    """
    key = loose_values.identity(value)
    if loose_values.fits_int64(key):
      return key
    return self.new.get(str(key))


def _digest(text: str) -> int:
  digest = hashlib.sha256(text.encode('utf-8', 'surrogatepass')).digest()
  return int.from_bytes(digest[:8], 'big') >> (64 - _BITS)
