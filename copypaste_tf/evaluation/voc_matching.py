"""Matches boxes by the rules of Pascal VOC."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.evaluation.detections import Detections

LOWEST_IOU = 0.5
"""A match needs a larger IoU."""


class Truth(NamedTuple):
  """g annotated objects.

  Attributes:
    image_ids: `[g]` int64.
    category_ids: `[g]` int64.
    boxes: `[g, 4]` float64 `(x, y, width, height)` in pixels.
    ignored: `[g]` bool, objects that need not be found: difficult ones, and
      COCO's crowds.
  """

  image_ids: np.ndarray
  category_ids: np.ndarray
  boxes: np.ndarray
  ignored: np.ndarray

  def of(self, category: int) -> 'Truth':
    """Returns the objects of a category."""
    chosen = self.category_ids == category
    return Truth(*(column[chosen] for column in self))


def index(groundtruth: Mapping[str, Any]) -> Truth:
  """Returns a checked ground truth as arrays.

  Args:
    groundtruth: COCO format with whole numbers as ids, and with `difficult`
      where an annotation is.
  """
  annotations = groundtruth['annotations']
  ids = [(a['image_id'], a['category_id']) for a in annotations]
  boxes = [annotation['bbox'] for annotation in annotations]
  ignored = [is_ignored(annotation) for annotation in annotations]
  return Truth(
    *np.array(ids, np.int64).reshape(-1, 2).T,
    np.array(boxes, np.float64).reshape(-1, 4),
    np.array(ignored, bool),
  )


def is_ignored(annotation: Mapping[str, Any]) -> bool:
  """Returns whether an object need not be found."""
  return bool(annotation.get('difficult') or annotation.get('iscrowd'))


def hits(truth: Truth, found: Detections) -> np.ndarray:
  """Tells which detections of one category are right.

  In the order of descending scores, each detection takes the object of its
  image with the largest IoU, whether that is taken already or not. It is right
  if the IoU is above `LOWEST_IOU` and no detection before it has taken the
  object. If the object need not be found, the detection is left out. Of equal
  scores the smaller image id comes first, then the earlier detection. Of equal
  IoUs the earlier object counts.

  Args:
    truth: objects of the category.
    found: d detections of the category.

  Returns:
    `[at most d]` bool, in the order of descending scores.
  """
  order = np.lexsort((found.image_ids, -found.scores))
  overlaps, nearest = _nearest(
    found.image_ids[order], found.boxes[order], truth
  )
  matched = overlaps > LOWEST_IOU
  ignored = np.zeros(len(order), bool)
  ignored[matched] = truth.ignored[nearest[matched]]
  _, first = np.unique(nearest[matched], return_index=True)
  right = np.zeros(len(order), bool)
  right[np.flatnonzero(matched)[first]] = True
  return right[~ignored]


def _nearest(
  image_ids: np.ndarray, boxes: np.ndarray, truth: Truth
) -> tuple[np.ndarray, np.ndarray]:
  """Finds the object of the same image with the largest IoU.

  Args:
    image_ids: `[d]` int64.
    boxes: `[d, 4]` float64 `(x, y, width, height)`.
    truth: g objects.

  Returns:
    `[d]` float64 IoUs, and `[d]` int64 indices in `truth`; 0 where the image
    has no object.
  """
  by_image = np.argsort(truth.image_ids, kind='stable')
  images = truth.image_ids[by_image]
  first = np.searchsorted(images, image_ids, 'left')
  counts = np.searchsorted(images, image_ids, 'right') - first
  # A row for each pair of a detection and an object of its image.
  rows = np.repeat(np.arange(len(counts)), counts)
  starts = np.cumsum(counts) - counts
  places = np.arange(len(rows)) + np.repeat(first - starts, counts)
  columns = by_image[places]
  overlaps = ious(boxes[rows], truth.boxes[columns])
  best = np.lexsort((-overlaps, rows))[starts[counts > 0]]
  largest, nearest = np.zeros(len(counts)), np.zeros(len(counts), np.int64)
  largest[rows[best]], nearest[rows[best]] = overlaps[best], columns[best]
  return largest, nearest


def ious(one: np.ndarray, other: np.ndarray) -> np.ndarray:
  """Computes the IoU of each box with the box of the same row.

  The boxes are continuous: a box of the pixels 1 to 3, counted from 1, is 3
  wide. So the IoU is the one that Pascal VOC computes of its own coordinates
  with `xmax - xmin + 1`.

  Args:
    one: `[n, 4]` float64 `(x, y, width, height)` in pixels.
    other: the same.

  Returns:
    `[n]` float64 in [0, 1]; 0 for boxes without an area.
  """
  ends = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
  sides = np.maximum(ends - np.maximum(one[:, :2], other[:, :2]), 0)
  common = sides.prod(1)
  union = one[:, 2:].prod(1) + other[:, 2:].prod(1) - common
  return np.divide(common, union, out=np.zeros(len(one)), where=union > 0)
