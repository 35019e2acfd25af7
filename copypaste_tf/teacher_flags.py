"""Reads the flags that say which labels a teacher makes, and checks them."""

import functools
import os
import sys
from collections.abc import Mapping
from typing import Any

from absl import app, flags
from official.core import config_definitions as cfg

from copypaste_tf import checkpoint_flags, whole_files
from copypaste_tf.inputs import data_files, record_sets
from copypaste_tf.labelling import gates, label_map, thresholds
from copypaste_tf.labelling.labels import Rules
from copypaste_tf.labelling.thresholds import Thresholds
from copypaste_tf.records import files
from copypaste_tf.training.run import class_names as kept

STORED, COUNTED = 0.05, 0.5
"""Minimum scores of labels that are stored, and of those that count."""


def files_of(flag: str) -> list[str]:
  """Returns the files that the patterns of a flag match; none if it is unset.

  Args:
    flag: name of the flag.

  Raises:
    FileNotFoundError: a pattern matches no file. The message names the flag.
  """
  try:
    return data_files.expand(flags.FLAGS[flag].value or '')
  except FileNotFoundError as error:
    raise FileNotFoundError(f'--{flag}: {error}') from error


def input_files() -> list[str]:
  """Returns the files of --input.

  Raises:
    FileNotFoundError: a pattern matches no file.
    absl.app.UsageError: the flag is empty.
  """
  found = files_of('input')
  if not found:
    raise app.UsageError('--input is empty; expected TFRecords')
  return found


def check_model(params: cfg.ExperimentConfig) -> None:
  """Refuses a model without masks; notes a model that hides low scores.

  Args:
    params: the config of the teacher.

  Raises:
    ValueError: the model makes no masks.
  """
  model = params.task.model
  if not model.include_mask:
    raise ValueError(
      'task.model.include_mask is False: the model makes no masks, and a '
      'student needs labels with masks'
    )
  least = model.detection_generator.pre_nms_score_threshold
  if least > min(stored_thresholds().of([0, *stored_thresholds().per_class])):
    print(
      f'note: the model makes no detections of a score up to {least:g} '
      '(model.score_threshold), so that none are stored',
      file=sys.stderr,
    )


@functools.cache
def _read_thresholds(path: str) -> Thresholds:
  return thresholds.load(path)


def stored_thresholds() -> Thresholds:
  """Returns the minimum scores of stored labels.

  Raises:
    absl.app.UsageError: both --min_score and --thresholds are set.
    ValueError: the file of thresholds is missing or damaged.
  """
  values = flags.FLAGS
  if not values.thresholds:
    stored = STORED if values.min_score is None else values.min_score
    return Thresholds(stored)
  if values.min_score is not None:
    raise app.UsageError('give --min_score or --thresholds, not both')
  with whole_files.file_errors(f'--thresholds={values.thresholds}'):
    return _read_thresholds(values.thresholds)


def rules(names: Mapping[int, str], least: Thresholds) -> Rules:
  """Returns which detections become labels.

  Args:
    names: class names by category id.
    least: minimum scores of labels.
  """
  values = flags.FLAGS
  return Rules(names, least, values.min_area, values.max_planes, values.boxes)


def class_names(
  resolved: Any, others: Mapping[str, Mapping[int, str]] | None = None
) -> Mapping[int, str]:
  """Returns the class names; refuses those that contradict one another.

  Args:
    resolved: the config.
    others: names by category id that must agree, by where they are from.
  """
  values, task = flags.FLAGS, resolved.params.task
  listed = values.labelled or record_sets.patterns(task.train_data)
  given = '--label_map' if values.label_map else 'the evaluation records'
  known = {
    'the run of the checkpoint': checkpoint_flags.kept_class_names(),
    given: checkpoint_flags.class_names(resolved, values.label_map),
    'the labelled records': kept.of_records(listed),
    **(others or {}),
  }
  names = label_map.agreed(known, task.model.num_classes, force=values.force)
  label_map.require_known(
    stored_thresholds().per_class, names, f'--thresholds={values.thresholds}'
  )
  return names


def reference_counts(params: cfg.ExperimentConfig) -> gates.LabelCounts | None:
  """Returns the counts of the labelled records.

  Args:
    params: the config. Without --labelled, those of its training records count
      that a manifest describes.

  Returns:
    The counts; None if there are no such records.

  Raises:
    FileNotFoundError: a pattern of --labelled matches no file.
  """
  listed = flags.FLAGS.labelled
  try:
    paths = data_files.expand(
      listed or record_sets.patterns(params.task.train_data)
    )
  except FileNotFoundError as error:
    if listed:
      raise FileNotFoundError(f'--labelled: {error}') from error
    return None
  paths = paths if listed else [*files.shards(paths)]
  return gates.of_records(paths) if paths else None


def note_training_records(
  params: cfg.ExperimentConfig, inputs: list[str]
) -> None:
  """Says on standard error if the model was trained on files of --input."""
  patterns = record_sets.patterns(params.task.train_data)
  try:
    trained = data_files.expand(patterns)
  except FileNotFoundError:
    return
  both = {*map(os.path.realpath, inputs)} & {*map(os.path.realpath, trained)}
  if both:
    print(
      f'note: {len(both)} of the {len(inputs)} files of --input are among the '
      'training records of the recipe; a model labels images that it knows '
      'better than others',
      file=sys.stderr,
    )
