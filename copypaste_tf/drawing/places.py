"""Finds places for captions beside their objects, clear of each other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Corners = tuple[int, int, int, int]


class Places(NamedTuple):
  """Places of captions.

  Attributes:
    corners: x and y of the top left pixel of each caption.
    overlap: pixels that captions share, or that lie outside of the picture.
  """

  corners: list[tuple[int, int]]
  overlap: int


def place(
  boxes: Sequence[Corners],
  sizes: Sequence[tuple[int, int]],
  picture: tuple[int, int],
) -> Places:
  """Places captions one by one, those of the smallest objects first.

  Args:
    boxes: inclusive `(left, top, right, bottom)` pixels of the objects.
    sizes: width and height of the caption of each.
    picture: width and height of the picture.

  Returns:
    A place for each caption: the first one beside its object that is clear of
    the others, else the one that shares the fewest pixels with them.
  """
  corners, taken, overlap = [(0, 0)] * len(boxes), np.zeros([0, 4], int), 0
  for i in sorted(range(len(boxes)), key=lambda i: (_area(boxes[i]), i)):
    rectangles = _candidates(boxes[i], sizes[i], picture)
    shared = _shared(rectangles, taken) + _outside(rectangles, picture)
    best = int(shared.argmin())
    overlap += int(shared[best])
    corners[i] = tuple(rectangles[best, :2].tolist())
    taken = np.concatenate([taken, rectangles[best : best + 1]])
  return Places(corners, overlap)


def _area(box: Corners) -> int:
  return (box[2] - box[0] + 1) * (box[3] - box[1] + 1)


def _candidates(box, size, picture) -> np.ndarray:
  """Returns `[k, 4]` left, top, right, bottom (exclusive), the best first."""
  left, top, right, bottom = box
  width, height = size
  middle = (left + right + 1 - width) // 2, (top + bottom + 1 - height) // 2
  ends = right + 1 - width, bottom + 1 - height
  above, below = top - height, bottom + 1
  before, after = left - width, right + 1
  places = [
    *((left, above), (left, top), (left, below), (ends[0], above)),
    *((ends[0], below), (middle[0], above), (middle[0], below)),
    *((after, top), (before, top), (left, ends[1]), (ends[0], top)),
    *(ends, (after, ends[1]), (before, ends[1]), middle),
    *((after, above), (before, above), (after, below), (before, below)),
  ]
  corners = np.array(places)
  # A caption stays inside the picture, also at its edges.
  corners = np.clip(corners, 0, np.maximum(np.subtract(picture, size), 0))
  return np.concatenate([corners, corners + size], axis=1)


def _shared(rectangles: np.ndarray, taken: np.ndarray) -> np.ndarray:
  """Returns the pixels that each rectangle shares with those taken."""
  a, b = rectangles[:, None], taken[None]
  sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(
    a[..., :2], b[..., :2]
  )
  return np.maximum(sides, 0).prod(-1).sum(1)


def _outside(rectangles: np.ndarray, picture) -> np.ndarray:
  """Returns the pixels of each rectangle that the picture lacks."""
  size = rectangles[:, 2:] - rectangles[:, :2]
  inside = np.minimum(rectangles[:, 2:], picture) - rectangles[:, :2]
  return size.prod(1) - np.maximum(inside, 0).prod(1)
