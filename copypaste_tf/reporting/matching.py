"""Matches detections with annotated objects, to mark hits and mistakes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pycocotools import mask as coco_mask

MIN_IOU = 0.5


class Regions(NamedTuple):
  """Objects of one image.

  Attributes:
    classes: n category ids.
    boxes: `[n, 4]` float `(ymin, xmin, ymax, xmax)` in pixels.
    masks: n `[h, w]` bool, or None.
  """

  classes: Sequence[int]
  boxes: np.ndarray
  masks: Sequence[np.ndarray] | None


def match(
  truth: Regions,
  crowd: Sequence[bool],
  detections: Regions,
  scores: Sequence[float],
) -> list[int | None]:
  """Finds the object of each detection, at an IoU of at least 0.5.

  As in COCO, detections choose in the order of descending scores. A detection
  takes the object of its class that it overlaps most. An object is taken once,
  a crowd any number of times. Masks are compared if objects and detections have
  them, else boxes.

  Args:
    truth: the annotated objects.
    crowd: n flags of the annotated objects that stand for many.
    detections: the detected objects.
    scores: score of each detection.

  Returns:
    For each detection the index of its object; None for a false alarm.
  """
  matches: list[int | None] = [None] * len(detections.classes)
  if not matches or not len(truth.classes):
    return matches
  overlaps = _overlaps(truth, crowd, detections)
  same = np.equal.outer(detections.classes, truth.classes)
  overlaps = np.where(same & (overlaps >= MIN_IOU), overlaps, 0)
  # Any single object comes before a crowd.
  overlaps = np.where(crowd, overlaps / 4, overlaps)
  for i in np.argsort(-np.asarray(scores), kind='stable'):
    best = int(overlaps[i].argmax())
    if overlaps[i, best] > 0:
      matches[i] = best
      overlaps[:, best] *= crowd[best]
  return matches


def _overlaps(truth: Regions, crowd, detections: Regions) -> np.ndarray:
  """Returns `[detections, objects]` IoU; of a crowd, the share inside it."""
  both = truth.masks is not None and detections.masks is not None
  form = _encoded if both else _corners
  flags = [int(flag) for flag in crowd]
  return np.asarray(coco_mask.iou(form(detections), form(truth), flags))


def _encoded(regions: Regions) -> list[dict]:
  return [
    coco_mask.encode(np.asfortranarray(mask, np.uint8))
    for mask in regions.masks
  ]


def _corners(regions: Regions) -> np.ndarray:
  """Returns `[n, 4]` x, y, width and height."""
  top, left, bottom, right = np.asarray(regions.boxes, np.float64).T
  # pycocotools reads the memory row by row, whatever the strides.
  return np.ascontiguousarray(
    np.stack([left, top, right - left, bottom - top], axis=1)
  )
