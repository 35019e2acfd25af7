"""Reports how good the labels of a teacher are at each threshold."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.labelling import (
  frequencies,
  gates,
  quality_figure,
  quality_page,
  quality_table,
)
from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.quality import Judgement
from copypaste_tf.labelling.quality_table import GRID
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.thresholds import Thresholds

JSON, PAGE, FIGURE = 'quality.json', 'quality.md', 'quality.svg'
"""Files of a report."""


def build(
  judgement: Judgement,
  chosen: Thresholds,
  *,
  max_detections: int,
  names: Mapping[int, str],
  unlabelled: ScoredLabels | None = None,
  labelled: LabelCounts | None = None,
  iou_type: str = 'segm',
  conditions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
  """Measures labels at the scores of `quality_table.GRID` and at the chosen.

  Args:
    judgement: labels of images whose objects are known.
    chosen: the thresholds that will make labels.
    max_detections: largest number of detections of the model in an image.
    names: class names by category id.
    unlabelled: labels of unlabelled images, from the lowest stored score up.
    labelled: counts of the labelled set; None takes the judged images.
    iou_type: shapes that were compared; one of `coco_inputs.IOU_TYPES`.
    conditions: what the numbers depend on, by name, such as the checkpoint.

  Returns:
    Data that JSON can hold, for `write`; docs/pseudo_label_quality.md
    describes them.
  """
  labelled = labelled or objects(judgement)
  sweep = [*map(Thresholds, GRID), chosen]
  table = quality_table.tabulate(judgement, sweep)
  rows = quality_table.rows(table)
  for row, thresholds in zip(rows, sweep, strict=True):
    row['per_image'] = quality_table.spread(
      judgement.labels, thresholds, max_detections
    )
    if unlabelled is not None:
      row['unlabelled'] = quality_table.spread(
        unlabelled, thresholds, max_detections
      )
  return {
    'conditions': dict(conditions or {}),
    'iou_type': iou_type,
    'max_detections': max_detections,
    'judged': _counts(objects(judgement)),
    'labelled': _counts(labelled),
    **_unlabelled(unlabelled, labelled),
    'thresholds': GRID,
    'rows': rows[:-1],
    'chosen': {**chosen.as_dict(), 'row': rows[-1]},
    'classes': _classes(table, chosen, names, labelled, unlabelled),
    'problems': _problems(
      rows[-1], judgement, chosen, max_detections, labelled, unlabelled
    ),
  }


def write(folder: str, report: Mapping[str, Any]) -> None:
  """Writes `quality.json`, `quality.md` and `quality.svg`, each atomically.

  Args:
    folder: the folder; it is made if it does not exist.
    report: the data of `build`.
  """
  tf.io.gfile.makedirs(folder)
  for name, text in (
    (JSON, json.dumps(report, indent=1) + '\n'),
    (PAGE, quality_page.page(report, figure=FIGURE)),
    (FIGURE, quality_figure.figure(report)),
  ):
    whole_files.write(os.path.join(folder, name), text)


def objects(judgement: Judgement) -> LabelCounts:
  """Counts the annotated objects of the judged images."""
  images = judgement.labels.num_images
  return LabelCounts(images, by_class=judgement.objects)


def _counts(counts: LabelCounts) -> dict[str, Any]:
  return {
    'images': counts.images,
    'labels': counts.labels,
    'per_image': quality_table.ratio(counts.labels, counts.images),
  }


def _unlabelled(
  labels: ScoredLabels | None, labelled: LabelCounts
) -> dict[str, Any]:
  if labels is None:
    return {}
  return {
    'unlabelled_images': labels.num_images,
    'matching_threshold': frequencies.match_total(labelled, labels),
  }


def _classes(
  table: quality_table.Table,
  chosen: Thresholds,
  names: Mapping[int, str],
  labelled: LabelCounts,
  unlabelled: ScoredLabels | None,
) -> dict[str, Any]:
  thresholds = chosen.of(table.class_ids).tolist()
  if unlabelled is None:
    unseen = LabelCounts()
  else:
    unseen = unlabelled.counts(chosen, 0)
  found = {}
  for place, number in enumerate(table.class_ids.tolist()):
    rows = quality_table.rows(table, np.arange(len(table.class_ids)) == place)
    found[str(number)] = {
      'name': names.get(number, str(number)),
      'objects': int(table.objects[place]),
      'threshold': round(thresholds[place], 6),
      'labelled_per_image': quality_table.ratio(
        labelled.by_class.get(number, 0), labelled.images
      ),
      'unlabelled_per_image': quality_table.ratio(
        unseen.by_class.get(number, 0), unseen.images
      ),
      'chosen': rows[-1],
      'rows': rows[:-1],
    }
  return found


def _problems(
  row: Mapping[str, Any],
  judgement: Judgement,
  chosen: Thresholds,
  max_detections: int,
  labelled: LabelCounts,
  unlabelled: ScoredLabels | None,
) -> list[str]:
  """Lists the closed gates at the chosen thresholds."""
  wrong = row['wrong']
  quality = gates.quality_problems(
    row['precision']['0.5'],
    row['recall']['0.5'],
    wrong['wrong_class'] / max(sum(wrong.values()), 1),
  )
  labels = judgement.labels if unlabelled is None else unlabelled
  counts = labels.counts(chosen, max_detections)
  return gates.problems(counts, labelled, max_detections) + quality
