"""Counts right and wrong labels at thresholds, by class."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.labelling.quality import (
  IOUS,
  KINDS,
  RIGHT,
  WRONG,
  Judgement,
)
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.thresholds import Thresholds

GRID = tuple(k / 20 for k in range(1, 20))
"""Scores from 0.05 to 0.95."""


class Table(NamedTuple):
  """Counts at t thresholds for c classes; the counts of classes add up.

  Attributes:
    class_ids: `[c]` int64, in order: classes of objects and of labels.
    objects: `[c]` int64 annotated objects.
    labels: `[t, c]` int64 labels, those that are ignored as well.
    right: by each of `quality.IOUS`, `[t, c]` int64 right labels.
    wrong: by each of `quality.IOUS`, `[t, c]` int64 wrong labels.
    kinds: `[t, c, 4]` int64 wrong labels at the first of `IOUS`, by
      `quality.KINDS`.
  """

  class_ids: np.ndarray
  objects: np.ndarray
  labels: np.ndarray
  right: Mapping[float, np.ndarray]
  wrong: Mapping[float, np.ndarray]
  kinds: np.ndarray


def tabulate(judgement: Judgement, sweep: Sequence[Thresholds]) -> Table:
  """Counts the labels at each of t thresholds."""
  labels = judgement.labels
  ids = sorted({*judgement.objects, *labels.class_ids.tolist()})
  ids = np.array(ids, np.int64)
  place = np.searchsorted(ids, labels.class_ids)
  keeps = [one.keep(labels.class_ids, labels.scores) for one in sweep]

  def counted(chosen: Any) -> np.ndarray:
    found = [np.bincount(place[k & chosen], minlength=len(ids)) for k in keeps]
    return np.array(found, np.int64).reshape(len(keeps), len(ids))

  outcomes = judgement.outcomes
  wrong = outcomes[IOUS[0]] == WRONG
  return Table(
    class_ids=ids,
    objects=np.array([judgement.objects.get(i, 0) for i in ids.tolist()]),
    labels=counted(np.True_),
    right={iou: counted(outcomes[iou] == RIGHT) for iou in IOUS},
    wrong={iou: counted(outcomes[iou] == WRONG) for iou in IOUS},
    kinds=np.stack(
      [counted(wrong & (judgement.kinds == k)) for k in range(len(KINDS))], -1
    ),
  )


def rows(
  table: Table, chosen: np.ndarray | None = None
) -> list[dict[str, Any]]:
  """Measures the labels of some classes together.

  Args:
    table: counts at t thresholds.
    chosen: `[c]` bool, classes that count; None for all.

  Returns:
    For each threshold `labels`, and `precision`, `recall` and `wrong` by name:
    of an IoU, such as `0.5`, or of a kind. Precision is None without a label
    that is right or wrong, recall without an object.
  """
  if chosen is None:
    chosen = np.ones(len(table.class_ids), bool)
  objects = int(table.objects[chosen].sum())
  right, wrong = (
    {iou: counts[:, chosen].sum(1).tolist() for iou, counts in by_iou.items()}
    for by_iou in (table.right, table.wrong)
  )
  labels = table.labels[:, chosen].sum(1).tolist()
  kinds = table.kinds[:, chosen].sum(1).tolist()
  return [
    {
      'labels': labels[t],
      'precision': {
        str(iou): ratio(right[iou][t], right[iou][t] + wrong[iou][t])
        for iou in IOUS
      },
      'recall': {str(iou): ratio(right[iou][t], objects) for iou in IOUS},
      'wrong': dict(zip(KINDS, kinds[t], strict=True)),
    }
    for t in range(len(labels))
  ]


def spread(
  labels: ScoredLabels, thresholds: Thresholds, max_detections: int
) -> dict[str, float | None]:
  """Describes how many labels images have.

  Args:
    labels: labels of images.
    thresholds: minimum scores of labels that count.
    max_detections: largest number of detections of the model in an image.

  Returns:
    `mean` and `median` of the labels of an image, and the shares of the images
    without a label (`empty`) and with `max_detections` (`full`); None without
    images.
  """
  keep = thresholds.keep(labels.class_ids, labels.scores)
  per_image = labels.per_image(keep)
  images = labels.num_images
  return {
    'mean': ratio(int(per_image.sum()), images),
    'median': float(np.median(per_image)) if images else None,
    'empty': ratio(int((per_image == 0).sum()), images),
    'full': ratio(int((per_image >= max_detections).sum()), images),
  }


def ratio(part: int, whole: int) -> float | None:
  """Returns a share or a mean with four decimals; None of nothing."""
  return round(part / whole, 4) if whole else None
