"""Matches detections with annotated objects by the rules of COCO."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.evaluation import (
  coco_backends,
  coco_inputs,
  coco_results,
  overlaps,
)
from copypaste_tf.evaluation.detections import Detections

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""IoUs from which a detection is right."""
_HIGHEST = 1 - 1e-10  # An IoU of 1 may come out slightly smaller.


class Matches(NamedTuple):
  """The d detections of one category in i images, by descending score.

  Attributes:
    images: `[d]` int64, index of the image of each detection.
    hits: `[10, d]` bool, detections that found an object, by `THRESHOLDS`.
    counted: `[10, d]` bool, detections that are right or wrong; the others
      found a crowd.
    objects: `[i]` int64, objects of each image that can be found.
  """

  images: np.ndarray
  hits: np.ndarray
  counted: np.ndarray
  objects: np.ndarray


def match(
  groundtruth: Mapping[str, Any],
  results: Detections | Sequence[Mapping[str, Any]],
  iou_type: str,
) -> dict[int, Matches]:
  """Matches the detections of all images, of every area.

  The best 100 detections of an image and category count, as in COCO's AP.

  Args:
    groundtruth: COCO format.
    results: detections, or COCO results. Those of an unknown category are left
      out.
    iou_type: one of `coco_inputs.IOU_TYPES`.

  Returns:
    The matches by category id. The images are in the order of their ids.

  Raises:
    ValueError: the data are faulty; see `coco_inputs` and `coco_results`.
  """
  truth = coco_inputs.index_groundtruth(groundtruth, iou_type)
  found = coco_results.index_results(
    results, truth, iou_type, strict_categories=False
  )
  images = sorted(image['id'] for image in truth['images'])
  objects, detections = _cells(truth['annotations']), _cells(found)
  return {
    category['id']: _joined(
      [
        _match_image(
          detections.get((image, category['id']), ()),
          objects.get((image, category['id']), ()),
          iou_type,
        )
        for image in images
      ]
    )
    for category in truth['categories']
  }


class _Image(NamedTuple):
  """The fields of `Matches` for one image, and the scores."""

  scores: Sequence[float]
  hits: np.ndarray
  counted: np.ndarray
  objects: int


def _joined(parts: Sequence[_Image]) -> Matches:
  """Sorts the detections of all images by descending score."""
  scores = np.concatenate([part.scores for part in parts])
  # Of equal scores the earlier image comes first, as in pycocotools.
  order = np.argsort(-scores, kind='stable')
  counts = [len(part.scores) for part in parts]
  return Matches(
    images=np.repeat(np.arange(len(parts)), counts)[order],
    hits=np.concatenate([part.hits for part in parts], 1)[:, order],
    counted=np.concatenate([part.counted for part in parts], 1)[:, order],
    objects=np.array([part.objects for part in parts], np.int64),
  )


def _match_image(detections, objects, iou_type: str) -> _Image:
  """Matches the detections of one category in one image."""
  best = sorted(detections, key=lambda entry: -entry['score'])
  best = best[: coco_backends.MAX_DETECTIONS[-1]]
  crowd = np.array([entry['iscrowd'] for entry in objects], bool)
  matched = np.full([len(THRESHOLDS), len(best)], -1)
  if best and objects:
    matched = _objects_of(overlaps.ious(best, objects, iou_type), crowd)
  ignored = np.zeros(matched.shape, bool)
  ignored[matched >= 0] = crowd[matched[matched >= 0]]
  return _Image(
    scores=np.array([entry['score'] for entry in best], np.float64),
    hits=(matched >= 0) & ~ignored,
    counted=~ignored,
    objects=int((~crowd).sum()),
  )


def _objects_of(ious: np.ndarray, crowd: np.ndarray) -> np.ndarray:
  """Assigns each detection the object that it overlaps most.

  An object is assigned once, a crowd any number of times. A detection gets a
  crowd only if no object is left for it. Of equal IoUs the later object counts.

  Args:
    ious: `[d, g]` float64, detections by descending score.
    crowd: `[g]` bool.

  Returns:
    `[10, d]` int64 indices of objects by `THRESHOLDS`; -1 without one.
  """
  limits = np.minimum(THRESHOLDS, _HIGHEST)[:, np.newaxis]
  taken = np.zeros([len(limits), len(crowd)], bool)
  matched = np.full([len(limits), len(ious)], -1)
  rows = np.arange(len(limits))
  for place, overlap in enumerate(ious):
    free = (overlap >= limits) & (crowd | ~taken)
    single = free & ~crowd
    free = np.where(single.any(1, keepdims=True), single, free)
    values = np.where(free, overlap, -1.0)[:, ::-1]
    best = len(crowd) - 1 - values.argmax(1)
    best[~free.any(1)] = -1
    matched[:, place] = best
    taken[rows[best >= 0], best[best >= 0]] = True
  return matched


def _cells(entries) -> dict[tuple[int, int], list[dict[str, Any]]]:
  """Groups annotations or results by image and category."""
  cells = collections.defaultdict(list)
  for entry in entries:
    cells[entry['image_id'], entry['category_id']].append(entry)
  return dict(cells)
