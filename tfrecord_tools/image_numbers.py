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
    self.new = from_digests({str(key) for key in keys - taken}, taken)

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


def from_digests(
  texts: Iterable[str], taken: Iterable[int] = ()
) -> dict[str, int]:
  """Numbers texts by their digests.

  Args:
    texts: distinct texts.
    taken: numbers that no text may get.

  Returns:
    A number of 53 bits by text, in the order of the texts. A text has the same
    number among other texts, unless digests clash.
  """
  numbers, taken = {}, set(taken)
  for text in sorted(texts):
    number = _digest(text)
    while number in taken:
      number += 1
    taken.add(number)
    numbers[text] = number
  return numbers


def _digest(text: str) -> int:
  digest = hashlib.sha256(text.encode('utf-8', 'surrogatepass')).digest()
  return int.from_bytes(digest[:8], 'big') >> (64 - _BITS)
