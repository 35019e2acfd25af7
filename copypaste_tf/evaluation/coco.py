"""Computes COCO's average precision and recall of boxes and of masks."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf import garbage
from copypaste_tf.evaluation import (
  coco_backends,
  coco_inputs,
  coco_results,
  coco_tables,
)
from copypaste_tf.evaluation import groundtruth as groundtruth_files
from copypaste_tf.evaluation.detections import Detections

_RUNS = {
  'faster': coco_backends.run_faster,
  'pycocotools': coco_backends.run_pycocotools,
}
BACKENDS = tuple(_RUNS)
PREFIXES = {'bbox': 'box', 'segm': 'mask', 'boundary': 'boundary'}
METRICS = (
  'ap',
  'ap50',
  'ap75',
  'ap_small',
  'ap_medium',
  'ap_large',
  'ar1',
  'ar10',
  'ar100',
  'ar_small',
  'ar_medium',
  'ar_large',
)
"""COCO's twelve numbers, in its order. A metric is named by a prefix and one of
them, such as `box_ap` or `mask_ar_small`."""


def evaluate(
  groundtruth: Mapping[str, Any] | str | os.PathLike,
  results: Detections | Sequence[Mapping[str, Any]] | str | os.PathLike,
  *,
  backend: str = 'faster',
  iou_types: Sequence[str] = ('bbox', 'segm'),
  per_category: bool = False,
  strict_categories: bool = True,
) -> dict[str, float]:
  """Computes COCO's metrics.

  As COCO defines it, a metric is 0 without detections, and -1 without ground
  truth of the size or category in question.

  Args:
    groundtruth: COCO format, or the path of an annotation file.
    results: detections, COCO results, or the path of a results file.
    backend: `faster` (faster-coco-eval) or `pycocotools`, the reference; both
      give the same numbers.
    iou_types: any of `bbox`, `segm` and `boundary`; see `overlaps.ious`.
    per_category: also return the AP of each category.
    strict_categories: whether a detection of a category that the ground truth
      does not list is an error rather than left out.

  Returns:
    `box_`, `mask_` and `boundary_` followed by each of `METRICS`; with
    `per_category` also `box_ap/NAME`, ... All in [0, 1], or -1.

  Raises:
    ValueError: an argument is not among the names above, or the data are
      faulty; see `coco_inputs`.
  """
  if backend not in BACKENDS:
    raise ValueError(f'backend must be one of {BACKENDS}, got {backend!r}.')
  coco_inputs.check_iou_types(iou_types)
  with garbage.paused():
    groundtruth = _loaded(groundtruth, groundtruth_files.from_annotations)
    results = _loaded(results, groundtruth_files.read_json)
    return _evaluate(
      groundtruth, results, backend, iou_types, per_category, strict_categories
    )


def _evaluate(
  groundtruth, results, backend, iou_types, per_category, strict_categories
):
  metrics = {}
  for iou_type in iou_types:
    truth = coco_inputs.index_groundtruth(groundtruth, iou_type)
    tables = _tables(truth, results, backend, iou_type, strict_categories)
    prefix = PREFIXES[iou_type]
    metrics |= _summary(*tables, prefix)
    if per_category:
      metrics |= _per_category(tables[0], truth['categories'], prefix)
  return metrics


def _tables(truth, results, backend, iou_type, strict_categories):
  if backend == 'faster' and isinstance(results, Detections):
    return coco_tables.compute(
      truth, results, iou_type, strict_categories=strict_categories
    )
  entries = coco_results.index_results(
    results, truth, iou_type, strict_categories=strict_categories
  )
  return _RUNS[backend](truth, entries, iou_type)


def _loaded(data, load):
  return load(data) if isinstance(data, str | os.PathLike) else data


def _summary(precision, recall, prefix: str) -> dict[str, float]:
  """Returns COCO's twelve numbers from the tables of `coco_backends`."""
  values = [
    mean(precision[:, :, :, 0, -1]),
    mean(precision[0, :, :, 0, -1]),
    mean(precision[5, :, :, 0, -1]),
    *(mean(precision[:, :, :, area, -1]) for area in (1, 2, 3)),
    *(mean(recall[:, :, 0, limit]) for limit in (0, 1, 2)),
    *(mean(recall[:, :, area, -1]) for area in (1, 2, 3)),
  ]
  names = [f'{prefix}_{name}' for name in METRICS]
  return dict(zip(names, values, strict=True))


def mean(table: np.ndarray) -> float:
  """Returns the mean of the entries that are not -1; -1 if all are.

  Args:
    table: float64 of any shape, precision or recall of `coco_backends`.
  """
  defined = table[table > -1]
  return float(defined.mean()) if defined.size else -1.0


def _per_category(precision, categories, prefix: str) -> dict[str, float]:
  # Both evaluators order the categories by id.
  ordered = sorted(categories, key=lambda category: category['id'])
  return {
    f'{prefix}_ap/{category["name"]}': mean(precision[:, :, k, 0, -1])
    for k, category in enumerate(ordered)
  }
