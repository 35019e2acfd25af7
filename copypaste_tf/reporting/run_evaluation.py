"""Evaluates the predictions of a run."""

import collections
import os
from collections.abc import Mapping
from typing import Any

from copypaste_tf.evaluation import detections
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.tasks import registry
from copypaste_tf.training.run import run_record


def evaluator_of(run: Run) -> DetectionEvaluator:
  """Returns the evaluator of a run's task, filled with the run's detections.

  It computes metrics overall and per category.

  Args:
    run: a run that has detections; its `params.yaml` names the ground truth.

  Raises:
    FileNotFoundError: the files of the ground truth do not exist.
    ValueError: the detections are damaged.
  """
  evaluator = unfilled(run)
  evaluator.replace(detections.from_results(run.predictions))
  prepare(run, evaluator)
  return evaluator


def unfilled(run: Run) -> Evaluator:
  """Returns an empty evaluator of a run's task that measures every category.

  Args:
    run: the run.
  """
  config = run.params.task.replace(per_category_metrics=True)
  return registry.build(config).evaluator()


def prepare(run: Run, evaluator: Evaluator) -> None:
  """Reads the ground truth of an evaluator.

  Args:
    run: the run.
    evaluator: evaluator of the run's task.

  Raises:
    FileNotFoundError: the files of the ground truth do not exist.
  """
  try:
    evaluator.prepare()
  except FileNotFoundError as error:
    record = os.path.join(run.model_dir, run_record.PARAMS)
    raise FileNotFoundError(
      f'The held-out data of {record} are gone: {error}. Paths there are '
      'relative to the folder in which the run was started; report from there.'
    ) from error


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
