"""Takes LVIS's numbers from tables of precision and recall."""

import numpy as np

from copypaste_tf.evaluation.coco import mean
from copypaste_tf.evaluation.lvis_inputs import FREQUENCIES, Truth

_AREAS = ('small', 'medium', 'large')
FIXED_METRICS = (
  'ap',
  'ap50',
  'ap75',
  *(f'ap_{area}' for area in _AREAS),
  *(f'ap_{group}' for group in FREQUENCIES.values()),
)
"""The numbers of AP fixed."""
METRICS = (*FIXED_METRICS, 'ar300', *(f'ar_{area}' for area in _AREAS))
"""LVIS's thirteen numbers, in its order."""


def precisions(
  precision: np.ndarray, truth: Truth, prefix: str
) -> dict[str, float]:
  """Returns the numbers of `FIXED_METRICS`.

  Args:
    precision: `[iou, recall, category, area]` float64 in [0, 1], or -1 without
      ground truth; the axes are those of `coco_backends`.
    truth: the ground truth, whose categories are those of the table.
    prefix: a value of `coco.PREFIXES`.
  """
  values = [
    mean(precision[..., 0]),
    mean(precision[0, ..., 0]),
    mean(precision[5, ..., 0]),
    *(mean(precision[..., area]) for area in (1, 2, 3)),
    *(mean(precision[:, :, truth.rows(group), 0]) for group in FREQUENCIES),
  ]
  names = [f'{prefix}_{name}' for name in FIXED_METRICS]
  return dict(zip(names, values, strict=True))


def recalls(recall: np.ndarray, prefix: str, limit: int) -> dict[str, float]:
  """Returns recall of all objects and by size.

  Args:
    recall: `[iou, category, area]` float64 in [0, 1], or -1.
    prefix: a value of `coco.PREFIXES`.
    limit: detections of an image that count.
  """
  names = [f'ar{limit}', *(f'ar_{area}' for area in _AREAS)]
  return {
    f'{prefix}_{name}': mean(recall[..., area])
    for area, name in enumerate(names)
  }


def per_category(
  precision: np.ndarray, truth: Truth, prefix: str
) -> dict[str, float]:
  """Returns the AP of each category; see `precisions`."""
  return {
    f'{prefix}_ap/{category["name"]}': mean(precision[:, :, place, 0])
    for place, category in enumerate(truth.categories.values())
  }
