"""Reads the labels against which a file of detections is evaluated."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf.evaluation import (
  groundtruth,
  protocols,
  results_evaluation,
  voc_groundtruth,
)
from copypaste_tf.serving import image_list

Labels = tuple[Mapping[str, Any], str]
"""Ground truth in COCO format, and the protocol that goes with it."""


def check_flags() -> None:
  """Checks the flags that name labels.

  Raises:
    ValueError: they contradict each other, or one is missing.
  """
  values = flags.FLAGS
  if values.sets and not values.voc_dir:
    raise ValueError('--sets: expected --voc_dir too, the folder of the sets')
  if not values.voc_dir:
    return
  if not values.sets:
    raise ValueError('--voc_dir: expected --sets too, such as --sets=2007:test')
  if values.annotation_file:
    raise ValueError('--voc_dir and --annotation_file: expected one of them')
  if not values.results:
    raise ValueError(
      '--voc_dir: expected --results too; a model is evaluated on records, '
      'which hold the labels'
    )


def read(recipe: Callable[[], Labels]) -> Labels:
  """Reads the labels that the flags name.

  Args:
    recipe: reads those of the recipe, for which no flag is needed.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: the labels are faulty, or do not go with the detections.
  """
  values = flags.FLAGS
  if values.voc_dir:
    truth = voc_groundtruth.from_devkit(values.voc_dir, values.sets)
    protocol = protocols.VOC
  elif values.annotation_file:
    truth = groundtruth.from_annotations(values.annotation_file)
    protocol = protocols.COCO
  else:
    truth, protocol = recipe()
  _check_file_names(values.results, truth)
  if values.protocol is None and protocol == protocols.COCO:
    results_evaluation.check_protocol(truth)
  return truth, values.protocol or protocol


def _check_file_names(path: str, truth: Mapping[str, Any]) -> None:
  """Refuses predictions whose ids belong to other files in the labels."""
  listed = os.path.join(os.path.dirname(path), image_list.IMAGES_FILE)
  if not tf.io.gfile.exists(listed):
    return
  images = groundtruth.from_annotations(listed, keys=['images'])['images']
  wrong = image_list.mismatches(images, truth['images'])
  if wrong:
    raise ValueError(
      f'--results={path}: {len(wrong)} of {len(images)} image ids have another '
      f'file name in {listed} than in the annotations: {"; ".join(wrong[:3])}. '
      'predict --annotation_file=FILE takes the ids of the annotations'
    )
