"""Computes average precision and recall by the protocol of LVIS."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.evaluation import (
  category_tables,
  coco_inputs,
  coco_results,
  detection_sets,
  lvis_inputs,
  lvis_metrics,
)
from copypaste_tf.evaluation.coco import PREFIXES
from copypaste_tf.evaluation.coco_inputs import BOX, SHAPES
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.evaluation.lvis_inputs import Truth

IMAGE_LIMIT = 300
"""Detections of an image that count, by LVIS."""
CATEGORY_LIMIT = 10_000
"""Detections of a category that count, by AP fixed."""


def evaluate(
  groundtruth: Mapping[str, Any],
  results: Detections | Sequence[Mapping[str, Any]],
  *,
  fixed: bool = False,
  limit: int | None = None,
  iou_types: Sequence[str] = ('bbox', 'segm'),
  per_category: bool = False,
  strict_categories: bool = True,
  box_areas: bool = False,
) -> dict[str, float]:
  """Computes LVIS's metrics.

  A category that was not verified in an image gains and loses nothing there. In
  an image where some objects of a category are not annotated, no detection of
  it is wrong. A metric is the mean over the categories that have ground truth;
  it is -1 without one.

  The evaluation goes category by category, so that only the detections of one
  category are dictionaries at a time.

  Args:
    groundtruth: COCO format with the lists of LVIS.
    results: detections, or COCO results.
    fixed: limit the detections of a category rather than those of an image: AP
      fixed, Dave et al., Evaluating Large-Vocabulary Object Detectors, 2021.
    limit: the best detections by score that count, of an image, or of a
      category if `fixed`; None for `IMAGE_LIMIT` or `CATEGORY_LIMIT`.
    iou_types: any of `bbox`, `segm` and `boundary`; see `overlaps.ious`.
    per_category: also return the AP of each category.
    strict_categories: see `lvis_inputs.index_results`.
    box_areas: small, medium and large are detections by their boxes, also where
      masks are compared. LVIS's evaluator does so for results with boxes. By
      default the masks decide, as for COCO.

  Returns:
    `box_`, `mask_` and `boundary_`, followed by each of `lvis_metrics.METRICS`,
    or of its `FIXED_METRICS` if `fixed`. With `per_category` also
    `box_ap/NAME`, ... All in [0, 1], or -1.

  Raises:
    ValueError: an IoU type is unknown, or the data are faulty; see
      `lvis_inputs`.
  """
  coco_inputs.check_iou_types(iou_types)
  truth = lvis_inputs.index_groundtruth(groundtruth, iou_types)
  found = lvis_inputs.index_results(
    results, truth, iou_types, strict_categories=strict_categories
  )
  return measure(
    truth,
    found,
    fixed=fixed,
    limit=limit,
    iou_types=iou_types,
    per_category=per_category,
    box_areas=box_areas,
  )


def measure(
  truth: Truth,
  found: Detections,
  *,
  fixed: bool = False,
  limit: int | None = None,
  iou_types: Sequence[str] = ('bbox', 'segm'),
  per_category: bool = False,
  box_areas: bool = False,
) -> dict[str, float]:
  """Computes LVIS's metrics of checked data; see `evaluate`.

  Args:
    truth: result of `lvis_inputs.index_groundtruth`.
    found: result of `lvis_inputs.index_results`.
    fixed: see `evaluate`.
    limit: see `evaluate`.
    iou_types: see `evaluate`.
    per_category: see `evaluate`.
    box_areas: see `evaluate`.

  Returns:
    The metrics by name.
  """
  limit = _usual_limit(fixed) if limit is None else limit
  metrics = {}
  counted = _counted(found, truth, fixed, limit)
  for iou_type in iou_types:
    tables = _tables(found, counted, truth, iou_type, limit, box_areas)
    prefix = PREFIXES[iou_type]
    metrics |= lvis_metrics.precisions(tables[0], truth, prefix)
    if not fixed:
      metrics |= lvis_metrics.recalls(tables[1], prefix, limit)
    if per_category:
      metrics |= lvis_metrics.per_category(tables[0], truth, prefix)
  return metrics


def masked(
  truth: Truth, *, fixed: bool = False
) -> Callable[[Detections], np.ndarray]:
  """Returns a function of detections: which of their masks may count.

  Of the detections of a set, it may be given any part: what does not count
  there does not count in the set.

  Args:
    truth: result of `lvis_inputs.index_groundtruth`.
    fixed: see `evaluate`.
  """
  return lambda found: _counts(found, truth, fixed, _usual_limit(fixed))


def _usual_limit(fixed: bool) -> int:
  return CATEGORY_LIMIT if fixed else IMAGE_LIMIT


def _counts(
  found: Detections, truth: Truth, fixed: bool, limit: int
) -> np.ndarray:
  """Returns `[n]` bool, the detections that the protocol looks at."""
  groups = found.category_ids if fixed else found.image_ids
  measured = truth.measured(found.image_ids, found.category_ids)
  return detection_sets.best(groups, found, limit) & measured


def _counted(
  found: Detections, truth: Truth, fixed: bool, limit: int
) -> np.ndarray:
  """Returns the indices of the detections that the protocol looks at.

  They are in the order of the categories, then of descending scores.
  """
  indices = np.flatnonzero(_counts(found, truth, fixed, limit))
  keys = (-found.scores[indices], found.category_ids[indices])
  return indices[np.lexsort(keys)]


def _tables(
  found: Detections,
  counted: np.ndarray,
  truth: Truth,
  iou_type: str,
  limit: int,
  box_areas: bool,
) -> tuple[np.ndarray, np.ndarray]:
  """Returns precision `[iou, recall, category, area]` and recall without it."""
  ordered = found.category_ids[counted]

  def results(category: int) -> list[dict[str, Any]]:
    first, last = np.searchsorted(ordered, [category, category + 1])
    part = detection_sets.take(found, counted[first:last])
    return _results(part, truth, iou_type, box_areas)

  precision, recall = category_tables.run(
    truth.images,
    truth.categories.values(),
    truth.annotations,
    results,
    iou_type,
    [limit],
  )
  return precision[..., 0], recall[..., 0]


def _results(
  part: Detections, truth: Truth, iou_type: str, box_areas: bool
) -> list[dict[str, Any]]:
  """Returns the detections with an area in the form of the evaluator."""
  key, boxes = SHAPES[iou_type], part.boxes.tolist()
  shapes = boxes if key == BOX else list(part.masks())
  areas = (
    coco_results.shape_areas(boxes, BOX)
    if box_areas
    else coco_results.shape_areas(shapes, key)
  )
  incomplete = truth.federation.incomplete(part.image_ids, part.category_ids)
  columns = (part.image_ids, part.category_ids, part.scores, incomplete)
  return [
    {
      'id': number,
      'image_id': image,
      'category_id': category,
      'score': score,
      'lvis_mark': mark,
      'area': area,
      key: shape,
    }
    for number, (image, category, score, mark, area, shape) in enumerate(
      zip(*(c.tolist() for c in columns), areas, shapes, strict=True), 1
    )
    if area > 0
  ]
