"""Layers overlapping masks into id planes, without loss.

See `copypaste_tf.examples` for the representation. Only the tight box of each
mask is read, so 300 small objects cost little more than ten.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from copypaste_tf import examples
from copypaste_tf.examples import IDS_PER_PLANE


class Crop(NamedTuple):
  """A mask cut to its tight box.

  Attributes:
    top: row in the image of the crop's first row, pixels.
    left: column in the image of the crop's first column, pixels.
    mask: `[r, c]` bool; `[0, 0]` for a mask without a pixel.
  """

  top: int
  left: int
  mask: np.ndarray

  @property
  def window(self) -> tuple[slice, slice]:
    """Rows and columns of the crop in the image, as slices."""
    rows, columns = self.mask.shape
    return (
      slice(self.top, self.top + rows),
      slice(self.left, self.left + columns),
    )


def crop(mask: np.ndarray) -> Crop:
  """Cuts a mask to its tight box.

  Args:
    mask: `[h, w]` bool or uint8; pixels above 0 belong to the object.

  Returns:
    The smallest crop that holds every pixel of the object.
  """
  rows = np.flatnonzero(mask.any(axis=1))
  if not rows.size:
    return Crop(0, 0, np.zeros((0, 0), bool))
  strip = mask[rows[0] : rows[-1] + 1]
  columns = np.flatnonzero(strip.any(axis=0))
  tight = strip[:, columns[0] : columns[-1] + 1]
  return Crop(int(rows[0]), int(columns[0]), tight.astype(bool))


def layer_crops(
  crops: Sequence[Crop], crowd: Sequence[bool], shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
  """Writes every object into the first plane in which its pixels are free.

  The planes of crowds come last. A plane holds at most 255 objects, so an image
  may need more planes than its deepest overlap.

  Args:
    crops: n masks.
    crowd: n flags, true for a crowd.
    shape: height and width of the image.

  Returns:
    `[l, h, w]` uint8 planes, and `[n]` int32 addresses `256 * plane + value`
    with a value of 1 to 255. An object without a pixel has the address 0.
  """
  ids = np.zeros(len(crops), np.int32)
  planes: list[np.ndarray] = []
  counts: list[int] = []
  for group in (False, True):
    first = len(planes)
    for i, item in enumerate(crops):
      if bool(crowd[i]) is group and item.mask.size:
        ids[i] = _place(item, planes, counts, first, shape)
  empty = np.zeros((0, *shape), np.uint8)
  return np.stack(planes) if planes else empty, ids


def layer_masks(
  masks: np.ndarray, crowd: Sequence[bool]
) -> tuple[np.ndarray, np.ndarray]:
  """Layers full-size masks; see `layer_crops`.

  Args:
    masks: `[n, h, w]` bool or uint8; pixels above 0 belong to the object.
    crowd: `[n]` bool.

  Returns:
    `[l, h, w]` uint8 planes and `[n]` int32 addresses.

  Raises:
    ValueError: `masks` has another rank, or the lengths differ.
  """
  masks = np.asarray(masks)
  if masks.ndim != 3 or len(masks) != len(crowd):
    raise ValueError(
      'layer_masks needs masks [n, h, w] and n crowd flags, got masks '
      f'{masks.shape} and {len(crowd)} flags.'
    )
  return layer_crops([crop(mask) for mask in masks], crowd, masks.shape[1:])


def mask_of(planes: np.ndarray, address: int) -> np.ndarray:
  """Returns the mask of an object.

  Args:
    planes: `[l, h, w]` uint8.
    address: `256 * plane + value`; 0 for an object without a pixel.

  Returns:
    `[h, w]` bool.
  """
  plane, value = examples.address(int(address))
  if not value:  # There may be no plane at all.
    return np.zeros(planes.shape[1:], bool)
  return examples.in_mask(planes[plane], int(address))


def _place(
  item: Crop,
  planes: list[np.ndarray],
  counts: list[int],
  first: int,
  shape: tuple[int, int],
) -> int:
  """Writes one object into `planes[first:]` and returns its address."""
  plane = first
  while plane < len(planes) and not _is_free(
    planes[plane], counts[plane], item
  ):
    plane += 1
  if plane == len(planes):
    planes.append(np.zeros(shape, np.uint8))
    counts.append(0)
  counts[plane] += 1
  planes[plane][item.window][item.mask] = counts[plane]
  return IDS_PER_PLANE * plane + counts[plane]


def _is_free(plane: np.ndarray, count: int, item: Crop) -> bool:
  if count == IDS_PER_PLANE - 1:
    return False
  return not plane[item.window][item.mask].any()
