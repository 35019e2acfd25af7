"""Computes precision and recall category by category."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.evaluation import coco_backends
from copypaste_tf.evaluation.coco_backends import MAX_DETECTIONS, Tables

Entries = Sequence[dict[str, Any]]


def run(
  images: Mapping[Any, Mapping[str, Any]],
  categories: Iterable[Mapping[str, Any]],
  annotations: Mapping[Any, Entries],
  found: Callable[[Any], Entries],
  iou_type: str,
  limits: Sequence[int] = MAX_DETECTIONS,
) -> Tables:
  """Evaluates one category after the other.

  The result equals that of `coco_backends.run_faster` on all categories. The
  memory of that evaluator grows with images times categories, and each of its
  detections is a dictionary of 900 bytes. Here it gets one category at a time,
  and only the images that have annotations or detections of it.

  Args:
    images: entries in COCO format, by id.
    categories: entries in COCO format.
    annotations: entries of `coco_inputs.index_groundtruth` by category id. A
      category without any may be missing.
    found: returns the results of a category in the evaluator's form. It is
      called for categories with annotations only; others have no precision.
    iou_type: one of `coco_inputs.IOU_TYPES`.
    limits: see `coco_backends.run_faster`.
  """
  ordered = sorted(categories, key=lambda category: category['id'])
  shape = (len(ordered), 4, len(limits))
  precision, recall = (
    np.full([10, 101, *shape], -1.0),
    np.full([10, *shape], -1.0),
  )
  for place, category in enumerate(ordered):
    objects = annotations.get(category['id'])
    if objects:
      results = found(category['id'])
      ids = {x['image_id'] for entries in (objects, results) for x in entries}
      truth = {
        'images': [images[i] for i in sorted(ids)],
        'categories': [category],
        'annotations': objects,
      }
      tables = coco_backends.run_faster(truth, results, iou_type, limits)
      precision[:, :, place], recall[:, place] = (
        t[..., 0, :, :] for t in tables
      )
  return precision, recall
