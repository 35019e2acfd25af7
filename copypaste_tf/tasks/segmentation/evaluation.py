"""Reads the class maps to evaluate against from the evaluation records."""

import functools

import numpy as np

from copypaste_tf import records
from copypaste_tf.evaluation.miou_evaluator import MiouEvaluator
from copypaste_tf.examples import VOID, Features
from copypaste_tf.inputs import data_files
from copypaste_tf.inputs.data_config import ENCODED, EvalData
from copypaste_tf.records import class_maps, fields, png
from copypaste_tf.records import features as example_features
from copypaste_tf.tasks.segmentation.config import SegmentationConfig


def evaluator(config: SegmentationConfig) -> MiouEvaluator:
  """Returns an evaluator against the class maps of the evaluation records.

  Args:
    config: config of the task.
  """
  data, classes = config.validation_data, config.model.num_classes
  height, width, *_ = config.model.input_size
  return MiouEvaluator(
    functools.partial(truth, data, classes),
    functools.partial(data_files.label_map, data.input_path),
    num_classes=classes,
    canvas=(height, width),
    per_category=config.per_category_metrics,
  )


def truth(data: EvalData, num_classes: int) -> dict[int, bytes]:
  """Returns the class map of each image, a grey PNG, by image id.

  Args:
    data: config of the evaluation inputs.
    num_classes: number of classes with the background.

  Raises:
    FileNotFoundError: there are no such records.
    ValueError: a record has no class map, or one that does not fit, or two have
      the same image id. The message names file and record.
  """
  read = _encoded if data.class_maps == ENCODED else _of_objects
  maps = {}
  for path, index, serialized in records.read_serialized(
    data_files.expand(data.input_path)
  ):
    try:
      source_id, class_map = read(serialized)
      if source_id in maps:
        raise ValueError(f'another record has the image id {source_id}, too')
      _check(class_map, num_classes)
    except ValueError as error:
      raise ValueError(f'{path}: record {index}: {error}') from error
    maps[source_id] = png.encode(class_map, png.SMALL)
  return maps


def _encoded(serialized: bytes) -> tuple[int, np.ndarray]:
  features = example_features.load(serialized)
  class_map = class_maps.read(features, fields.shape(features))
  if class_map is None:
    raise ValueError(
      f'expected a class map in {Features.CLASS_MAP!r}, got none; '
      "EvalData.class_maps = 'objects' makes one from masks"
    )
  return fields.source_id(features), class_map


def _of_objects(serialized: bytes) -> tuple[int, np.ndarray]:
  record = records.parse(serialized)
  if not record.has_masks:
    raise ValueError('expected masks to make a class map from, got none')
  return record.source_id, class_maps.of_objects(
    record.planes, record.ids, record.classes, record.crowd
  )


def _check(class_map: np.ndarray, num_classes: int) -> None:
  highest = int(np.where(class_map == VOID, 0, class_map).max(initial=0))
  if highest >= num_classes:
    raise ValueError(
      f'expected classes below segmentation_model.num_classes = {num_classes}, '
      f'or {VOID}, got {highest}'
    )
