"""Recognises annotation files in LVIS's form, to say what was understood."""

import collections
from collections.abc import Iterator, Sequence
from typing import Any

from tfrecord_tools.category_numbers import FREQUENCIES, Categories

_LISTS = ('neg_category_ids', 'not_exhaustive_category_ids')
_NAMES = {'r': 'rare', 'c': 'common', 'f': 'frequent'}
# The two releases have other categories under the same ids.
_RELEASES = {1203: 'v1', 1230: 'v0.5'}


def remarks(images: Sequence[Any], categories: Categories) -> Iterator[str]:
  """Describes a file in LVIS's form.

  Args:
    images: elements of `images`, not checked.
    categories: the categories of the file.

  Yields:
    A sentence if images state which categories are absent or not exhaustively
    annotated, and another one if categories lack a frequency.
  """
  if not any(_is_federated(image) for image in images):
    return
  counts = collections.Counter(
    category.frequency for category in categories.by_id.values()
  )
  listed = ', '.join(f'{counts[key]} {_NAMES[key]}' for key in FREQUENCIES)
  total = len(categories.by_id)
  release = f', as many as {_RELEASES[total]}' if total in _RELEASES else ''
  yield (
    f'this file is in the form of LVIS, with {total} categories{release}: '
    f'{listed}.'
  )
  if counts[None]:
    yield (
      f'{counts[None]} of {total} categories have no frequency (r, c or f). '
      'The training records then decide: r for up to 10 images, c for up to '
      '100.'
    )


def _is_federated(image: Any) -> bool:
  return isinstance(image, dict) and any(key in image for key in _LISTS)
