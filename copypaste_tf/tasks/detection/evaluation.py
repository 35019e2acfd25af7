"""Chooses how detections are measured, from the config of the task."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from copypaste_tf.config.config_types import Problem
from copypaste_tf.evaluation import coco_inputs, groundtruth, protocols
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.inputs import data_files
from copypaste_tf.tasks.detection.config import TaskConfig


def evaluator(config: TaskConfig) -> DetectionEvaluator:
  """Returns an evaluator against the labels that the config names.

  Args:
    config: config of the task, without `problems`.
  """
  return protocols.evaluator(
    config.evaluation,
    functools.partial(groundtruth_of, config),
    iou_types=iou_types(config),
    per_category=config.per_category_metrics,
  )


def iou_types(config: TaskConfig) -> tuple[str, ...]:
  """Returns what is measured, names of `coco_inputs.IOU_TYPES`."""
  usual = ('bbox', 'segm') if config.model.include_mask else ('bbox',)
  measured = _measured(config)
  return tuple(config.iou_types) or tuple(x for x in usual if x in measured)


def _measured(config: TaskConfig) -> Sequence[str]:
  """Returns what the protocol can measure; anything if it is unknown."""
  return protocols.IOU_TYPES.get(config.evaluation, coco_inputs.IOU_TYPES)


def groundtruth_of(config: TaskConfig) -> dict[str, Any]:
  """Returns the ground truth of the evaluation in COCO format.

  Args:
    config: config of the task. Without an annotation file, the labels of the
      evaluation records are the ground truth.
  """
  if config.annotation_file:
    return groundtruth.from_annotations(config.annotation_file)
  paths = data_files.expand(config.validation_data.input_path)
  return groundtruth.from_records(paths)


def problems(config: TaskConfig) -> Iterator[Problem]:
  """Yields problems of the fields that this module reads."""
  if config.evaluation not in protocols.NAMES:
    yield Problem(
      'task.evaluation',
      f'expected one of {list(protocols.NAMES)}, got {config.evaluation!r}',
    )
  unknown = [x for x in config.iou_types if x not in coco_inputs.IOU_TYPES]
  if unknown:
    yield Problem(
      'task.iou_types',
      f'expected names out of {list(coco_inputs.IOU_TYPES)}, got {unknown}',
    )
  elif set(config.iou_types) - {*_measured(config)}:
    yield Problem(
      'task.iou_types',
      f'the protocol {config.evaluation!r} measures '
      f'{list(_measured(config))}, got {list(config.iou_types)}',
    )
  elif set(iou_types(config)) - {'bbox'} and not config.model.include_mask:
    yield Problem(
      'task.iou_types',
      f'the model makes no masks (task.model.include_mask), got '
      f'{list(config.iou_types)}',
    )


def notes(config: TaskConfig) -> list[str]:
  """Returns a note if LVIS records are measured by another protocol.

  Args:
    config: config of the task; its evaluation records may be missing.
  """
  patterns = config.validation_data.input_path
  if config.evaluation != protocols.COCO or not patterns:
    return []
  try:
    manifests = data_files.read_manifests(data_files.expand(patterns))
  except FileNotFoundError:  # A training alone does not need them.
    return []
  categories = [x.get('categories', {}).values() for x in manifests]
  if not any('frequency' in details for x in categories for details in x):
    return []
  return [
    f'TaskConfig.evaluation = {config.evaluation!r} measures records of LVIS '
    '(EvalData.input_path), so every detection of a category that nobody '
    "looked for in an image counts as wrong; TaskConfig.evaluation = 'lvis' "
    'leaves these out'
  ]
