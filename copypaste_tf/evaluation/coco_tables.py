"""Computes COCO's precision and recall of detections that are arrays."""

import collections
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from copypaste_tf.evaluation import (
  category_tables,
  coco_results,
  detection_sets,
)
from copypaste_tf.evaluation.coco_backends import MAX_DETECTIONS, Tables
from copypaste_tf.evaluation.coco_inputs import MASK, SHAPES
from copypaste_tf.evaluation.detections import Detections


def compute(
  truth: Mapping[str, Any],
  found: Detections,
  iou_type: str,
  *,
  strict_categories: bool = True,
) -> Tables:
  """Computes the tables of `coco_backends.run_faster`.

  Args:
    truth: result of `coco_inputs.index_groundtruth`.
    found: detections.
    iou_type: see `coco_results.index_results`.
    strict_categories: see `coco_results.index_results`.

  Raises:
    ValueError: see `coco_results.index_results`.
  """
  if SHAPES[iou_type] == MASK and found.counts is None and len(found):
    raise ValueError(f'the {len(found)} detections have no {MASK!r}.')
  coco_results.check_scores(found.scores, found.image_ids)
  coco_results.check_ids(found, truth, strict_categories=strict_categories)
  annotations = collections.defaultdict(list)
  for annotation in truth['annotations']:
    annotations[annotation['category_id']].append(annotation)
  return category_tables.run(
    {image['id']: image for image in truth['images']},
    truth['categories'],
    annotations,
    _entries(found, iou_type),
    iou_type,
  )


def _entries(
  found: Detections, iou_type: str
) -> Callable[[Any], list[dict[str, Any]]]:
  """Returns a function that converts the detections of a category."""
  order = np.argsort(found.category_ids, kind='stable')
  ids, starts = np.unique(found.category_ids[order], return_index=True)
  places = dict(zip(ids.tolist(), np.split(order, starts)[1:], strict=True))

  def entries(category: Any) -> list[dict[str, Any]]:
    part = detection_sets.take(found, places.get(category, order[:0]))
    # Worse ones have no influence, and would be most of a frequent category.
    best = detection_sets.best(part.image_ids, part, MAX_DETECTIONS[-1])
    counted = detection_sets.take(part, np.flatnonzero(best))
    return coco_results.entries(counted, iou_type)

  return entries
