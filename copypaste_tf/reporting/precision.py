"""Evaluates the detections of a run."""

import collections
import os
from collections.abc import Mapping
from typing import Any

from copypaste_tf.evaluation import coco
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.tasks.detection import task
from copypaste_tf.training.run import run_record


def groundtruth_of(run: Run) -> dict[str, Any]:
  """Returns the ground truth of a run in COCO format.

  Args:
    run: the run, whose `params.yaml` names the files.

  Raises:
    FileNotFoundError: the files do not exist.
  """
  try:
    return task.groundtruth_of(run.params.task)
  except FileNotFoundError as error:
    record = os.path.join(run.model_dir, run_record.PARAMS)
    raise FileNotFoundError(
      f'The held-out data of {record} are gone: {error}. Paths there are '
      'relative to the folder in which the run was started; report from there.'
    ) from error


def measure(run: Run, truth: Mapping[str, Any]) -> dict[str, float]:
  """Computes COCO's metrics of a run's detections, overall and per category.

  Args:
    run: a run that has detections.
    truth: ground truth in COCO format.
  """
  masks = ('segm',) if run.params.task.model.include_mask else ()
  return coco.evaluate(
    truth,
    run.detections,
    iou_types=('bbox', *masks),
    per_category=True,
    strict_categories=False,
  )


def object_counts(truth: Mapping[str, Any] | None) -> dict[str, int]:
  """Counts the objects of each class name, without crowds.

  Args:
    truth: ground truth in COCO format, or None.
  """
  if truth is None:
    return {}
  counts = collections.Counter(
    annotation['category_id']
    for annotation in truth['annotations']
    if not annotation.get('iscrowd', 0)
  )
  return {c['name']: counts[c['id']] for c in truth['categories']}
