"""Computes the average precision of boxes at IoU 0.5 by Pascal VOC.

Everingham et al., The Pascal Visual Object Classes (VOC) Challenge, IJCV 2010.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.evaluation import (
  coco_inputs,
  coco_results,
  detection_sets,
  voc_matching,
)
from copypaste_tf.evaluation.coco import mean
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.evaluation.voc_matching import Truth

PREFIXES = ('voc07', 'voc12')
"""The two averages: at 11 points of recall, used up to VOC 2009, and the area
under the curve, used from VOC 2010."""
METRICS = ('ap50',)
# As in the original: the fourth number is the double above 0.3.
_POINTS = np.arange(0, 1.1, 0.1)


def evaluate(
  groundtruth: Mapping[str, Any],
  results: Detections | Sequence[Mapping[str, Any]],
  *,
  strict_categories: bool = True,
) -> dict[str, float]:
  """Computes both averages, overall and of each class.

  The number of a class without an object that must be found is -1, and the mean
  leaves it out. A class without detections has 0.

  Args:
    groundtruth: COCO format with whole numbers as ids. Annotations that are
      `difficult` or crowds need not be found.
    results: detections, or COCO results. Where no result has a box, the boxes
      are those of the masks.
    strict_categories: whether a detection of a category that the ground truth
      does not list is an error rather than left out.

  Returns:
    `voc07_ap50` and `voc12_ap50`, and the same of each class, such as
    `voc07_ap50/cat`. All in [0, 1], or -1.

  Raises:
    ValueError: the ground truth or a detection is faulty, or of an unknown
      image.
  """
  coco_inputs.check_groundtruth(groundtruth, 'bbox')
  coco_inputs.check_whole_ids(groundtruth)
  found = coco_results.to_detections(results)
  coco_results.check_scores(found.scores, found.image_ids)
  coco_results.check_ids(
    found, groundtruth, strict_categories=strict_categories
  )
  truth = voc_matching.index(groundtruth)
  categories = sorted(groundtruth['categories'], key=lambda entry: entry['id'])
  ids = np.array([category['id'] for category in categories], np.int64)
  table = np.array([_one_class(truth, found, key) for key in ids.tolist()])
  columns = table.reshape(-1, len(PREFIXES)).T
  names = [f'{prefix}_{METRICS[0]}' for prefix in PREFIXES]
  metrics = {n: mean(x) for n, x in zip(names, columns, strict=True)}
  for name, column in zip(names, columns.tolist(), strict=True):
    for category, value in zip(categories, column, strict=True):
      metrics[f'{name}/{_name(category)}'] = value
  return metrics


def notes(groundtruth: Mapping[str, Any]) -> list[str]:
  """Returns what of the ground truth does not count, one sentence each.

  Args:
    groundtruth: COCO format.
  """
  annotations = groundtruth['annotations']
  counted = [a for a in annotations if not voc_matching.is_ignored(a)]
  lines = []
  if len(counted) < len(annotations):
    lines.append(
      f'{len(annotations) - len(counted)} of {len(annotations)} objects are '
      'difficult: whether they are found does not count'
    )
  if not any('difficult' in annotation for annotation in annotations):
    lines.append(
      'the ground truth does not say which objects are difficult, so all of '
      'them count; Pascal VOC leaves them out'
    )
  found = {annotation['category_id'] for annotation in counted}
  empty = [c for c in groundtruth['categories'] if c['id'] not in found]
  if empty:
    lines.append(
      f'{len(empty)} of {len(groundtruth["categories"])} classes have no '
      f'object that counts, such as {_name(empty[0])}: the mean leaves them out'
    )
  return lines


def eleven_points(recall: np.ndarray, precision: np.ndarray) -> float:
  """Returns the mean of the best precision at recalls of 0, 0.1, ..., 1.

  Args:
    recall: `[n]` float64 that never falls.
    precision: `[n]` float64.
  """
  best = np.append(_envelope(precision), 0.0)
  return float(best[np.searchsorted(recall, _POINTS)].mean())


def area(recall: np.ndarray, precision: np.ndarray) -> float:
  """Returns the area under the best precision at each recall.

  Args:
    recall: `[n]` float64 that never falls.
    precision: `[n]` float64.
  """
  return float(np.diff(recall, prepend=0) @ _envelope(precision))


def _envelope(precision: np.ndarray) -> np.ndarray:
  """Returns the best precision at each recall or at a higher one."""
  return np.maximum.accumulate(precision[::-1])[::-1]


def _one_class(
  truth: Truth, found: Detections, key: int
) -> tuple[float, float]:
  """Returns both averages of a class; -1 without objects that count."""
  objects = truth.of(key)
  count = int((~objects.ignored).sum())
  if not count:
    return -1.0, -1.0
  chosen = np.flatnonzero(found.category_ids == key)
  right = voc_matching.hits(objects, detection_sets.take(found, chosen))
  total = right.cumsum()
  curve = total / count, total / np.arange(1, len(right) + 1)
  return eleven_points(*curve), area(*curve)


def _name(category: Mapping[str, Any]) -> str:
  return str(category.get('name') or category['id'])
