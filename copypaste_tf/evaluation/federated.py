"""Tells which categories were verified in which image, as in LVIS."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

NEGATIVE, INCOMPLETE = 'neg_category_ids', 'not_exhaustive_category_ids'


def is_federated(groundtruth: Mapping[str, Any]) -> bool:
  """Returns whether an image lists categories as LVIS does.

  Args:
    groundtruth: COCO format. The lists may be empty.
  """
  return any(
    NEGATIVE in image or INCOMPLETE in image for image in groundtruth['images']
  )


class Federation:
  """Tells for pairs of an image and a category whether annotators looked.

  A category is verified in an image that has an object of it, or that lists it
  as absent. Elsewhere nobody looked for it.
  """

  def __init__(self, groundtruth: Mapping[str, Any]):
    """Reads the lists of the images.

    Args:
      groundtruth: COCO format. A missing list is an empty one. The annotations
        are those that count.
    """
    images = groundtruth['images']
    self._images = _sorted(image['id'] for image in images)
    self._categories = _sorted(c['id'] for c in groundtruth['categories'])
    present = [
      (a['image_id'], a['category_id']) for a in groundtruth['annotations']
    ]
    self._verified = self._table(present + _listed(images, NEGATIVE))
    self._incomplete = self._table(_listed(images, INCOMPLETE))

  def verified(
    self, image_ids: np.ndarray, category_ids: np.ndarray
  ) -> np.ndarray:
    """Returns whether the categories were verified in the images.

    Args:
      image_ids: `[n]` int64.
      category_ids: `[n]` int64.

    Returns:
      `[n]` bool; false for unknown ids.
    """
    codes = self._codes(image_ids, category_ids)
    return _positions(codes, self._verified) >= 0

  def incomplete(
    self, image_ids: np.ndarray, category_ids: np.ndarray
  ) -> np.ndarray:
    """Returns whether some objects of the categories lack an annotation.

    Args:
      image_ids: `[n]` int64.
      category_ids: `[n]` int64.

    Returns:
      `[n]` bool; false for unknown ids.
    """
    codes = self._codes(image_ids, category_ids)
    return _positions(codes, self._incomplete) >= 0

  def _table(self, pairs: Iterable[tuple[int, int]]) -> np.ndarray:
    images, categories = np.array(list(pairs), np.int64).reshape(-1, 2).T
    codes = np.unique(self._codes(images, categories))
    return codes[codes >= 0]

  def _codes(self, image_ids, category_ids) -> np.ndarray:
    """Returns a number for each pair, and -1 for unknown ids."""
    image = _positions(image_ids, self._images)
    category = _positions(category_ids, self._categories)
    codes = image * len(self._categories) + category
    return np.where((image < 0) | (category < 0), -1, codes)


def _sorted(ids: Iterable[int]) -> np.ndarray:
  return np.unique(np.array(list(ids), np.int64))


def _listed(images, key: str) -> list[tuple[int, int]]:
  return [
    (image['id'], category)
    for image in images
    for category in image.get(key) or ()
  ]


def _positions(ids: np.ndarray, known: np.ndarray) -> np.ndarray:
  """Returns the position of each id among sorted ids, and -1 for unknown."""
  if not known.size:
    return np.full(np.shape(ids), -1)
  places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
  return np.where(known[places] == ids, places, -1)
