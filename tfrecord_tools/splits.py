"""Divides the images of one data set into splits, such as train and val."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

_NUM_PLACES = 2**256  # A SHA-256 digest as a number is below it.


def parse(texts: Iterable[str]) -> dict[str, Fraction]:
  """Reads the names and shares of splits.

  Args:
    texts: such as `('train:0.75', 'val:0.25')`.

  Returns:
    Share of the images by name. The shares are exact, and 1 in sum at most.

  Raises:
    ValueError: a split is malformed or the shares are too large.
  """
  shares: dict[str, Fraction] = {}
  for text in texts:
    name, _, share = text.strip().rpartition(':')
    if not re.fullmatch(r'[\w.-]+', name) or name in shares:
      raise ValueError(
        '--split names each part once, with letters, digits, `.`, `-` and `_`, '
        f'such as train:0.75,val:0.25; got {text!r}.'
      )
    shares[name] = _share(text, share)
  total = sum(shares.values())
  if total > 1:
    raise ValueError(
      f'--split: the shares are 1 in sum at most, got {float(total):.12g}.'
    )
  return shares


def divide(
  image_ids: Iterable[int], shares: Mapping[str, Fraction], *, seed: int
) -> dict[str, list[int]]:
  """Divides images by a hash of their ids.

  An image stays in its split when other images come or go. So the sizes of the
  splits follow the shares only about.

  Args:
    image_ids: unique ids.
    shares: the result of `parse`.
    seed: any integer.

  Returns:
    The ids of each split, in the given order.

  Raises:
    ValueError: a split gets no image although there are images.
  """
  parts: dict[str, list[int]] = {name: [] for name in shares}
  count = 0
  for image_id in image_ids:
    count += 1
    place = Fraction(int.from_bytes(rank(seed, image_id)), _NUM_PLACES)
    for name, share in shares.items():
      if place < share:
        parts[name].append(image_id)
        break
      place -= share
  for name, ids in parts.items():
    if count and not ids:
      raise ValueError(
        f'--split: {name}:{float(shares[name]):g} gets none of the {count} '
        'images; give it a larger share, or another --seed.'
      )
  return parts


def rank(seed: int, image_id: int) -> bytes:
  """Returns the place of an image in the random order of a seed."""
  return hashlib.sha256(f'{seed}:{image_id}'.encode()).digest()


def _share(text: str, share: str) -> Fraction:
  try:
    value = Fraction(share)
  except (ValueError, ZeroDivisionError):
    value = Fraction(0)
  if not 0 < value <= 1:
    raise ValueError(
      f'--split: a share must be above 0 and at most 1, got {text!r}.'
    )
  return value
