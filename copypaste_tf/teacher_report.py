"""Reports how good the labels of a teacher are, before they are made."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from absl import app, flags
from official.core import config_definitions as cfg

from copypaste_tf import checkpoint_flags, teacher_flags, whole_files
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.labelling import (
  frequencies,
  known_images,
  quality,
  quality_page,
  quality_report,
  scored_labels,
  teacher,
)
from copypaste_tf.labelling.labels import Rules
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.teacher import Teacher
from copypaste_tf.labelling.thresholds import Thresholds
from copypaste_tf.training.run import class_names

THRESHOLDS = 'thresholds.json'
"""File of the chosen thresholds, for `pseudo_label --thresholds`."""


class _Given(NamedTuple):
  """The files and numbers of the flags, read before the long work."""

  inputs: list[str]
  truth: Mapping[str, Any]
  labels: list[str]
  unlabelled: list[str]
  stored: Thresholds
  chosen: Thresholds


def main() -> None:
  """Writes the report; ends with 1 if a gate is closed."""
  values, given = flags.FLAGS, _given()
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, product='detections')
  params = resolved.params
  names = teacher_flags.class_names(
    resolved, {'--input': class_names.of_records(values.input)}
  )
  teacher_flags.note_training_records(params, given.inputs)
  rules = teacher_flags.rules(names, given.stored)
  model = _Teacher(params)
  iou_type = _iou_type(given.truth)
  judgement = quality.judge(given.truth, _found(given, model, rules), iou_type)
  labelled = teacher_flags.reference_counts(params) or quality_report.objects(
    judgement
  )
  unlabelled = _unlabelled(given.unlabelled, model, rules)
  chosen = given.chosen
  if values.match_frequency:
    chosen = frequencies.match_classes(labelled, unlabelled, chosen.default)
  report = quality_report.build(
    judgement,
    chosen,
    max_detections=params.task.model.detection_generator.max_num_detections,
    names=names,
    unlabelled=unlabelled,
    labelled=labelled,
    iou_type=iou_type,
    conditions=_conditions(given, model),
  )
  _finish(report, chosen)


def _given() -> _Given:
  _check_flags()
  folder = flags.FLAGS.report
  whole_files.check_folder(folder, '--report')
  stored, chosen = _thresholds()
  inputs, labels, unlabelled = map(
    teacher_flags.files_of, ('input', 'labels', 'unlabelled')
  )
  if labels and not known_images.are_pseudo(labels):
    raise ValueError(
      f'--labels={flags.FLAGS.labels}: expected records of pseudo_label'
    )
  known_images.are_pseudo(unlabelled)  # Refuses files of both kinds.
  return _Given(inputs, _truth(inputs), labels, unlabelled, stored, chosen)


def _finish(report: Mapping[str, Any], chosen: Thresholds) -> None:
  folder = flags.FLAGS.report
  with whole_files.file_errors(f'--report={folder}'):
    quality_report.write(folder, report)
    text = json.dumps(chosen.as_dict(), indent=1) + '\n'
    whole_files.write(os.path.join(folder, THRESHOLDS), text)
  print(quality_page.summary(report))
  print(f'written: {os.path.join(folder, quality_report.PAGE)}')
  problems = report['problems']
  if problems and flags.FLAGS.force:
    print('\n'.join(f'note: {line}' for line in problems), file=sys.stderr)
  elif problems:
    raise ValueError('\n'.join([*problems, '--force makes notes of these']))


def _check_flags() -> None:
  values = flags.FLAGS
  if values.output:
    raise app.UsageError('give --report or --output, not both')
  if values.match_frequency and not values.unlabelled:
    raise app.UsageError('--match_frequency needs --unlabelled')
  if values.thresholds and (values.match_frequency or values.counted_score):
    raise app.UsageError(
      'give one of --thresholds, --match_frequency and --counted_score'
    )


def _truth(inputs: list[str]) -> dict[str, Any]:
  truth = groundtruth.from_records(inputs)
  if not truth['annotations']:
    raise ValueError(
      f'--input={flags.FLAGS.input}: expected records that a person labelled, '
      f'got {len(truth["images"])} images without a label'
    )
  if known_images.are_pseudo(inputs):
    raise ValueError(
      f'--input={flags.FLAGS.input}: expected records that a person labelled, '
      'got those of a model; give these as --labels'
    )
  return truth


def _iou_type(truth: Mapping[str, Any]) -> str:
  masks = all(entry.get('segmentation') for entry in truth['annotations'])
  if not masks:
    print('note: --input lacks masks, so boxes are compared', file=sys.stderr)
  return 'segm' if masks else 'bbox'


class _Teacher:
  """Loads the model when it is first needed."""

  def __init__(self, params: cfg.ExperimentConfig):
    self._params = params
    self._made: Teacher | None = None
    self.checkpoint = ''

  def get(self) -> Teacher:
    """Returns the model."""
    if self._made is None:
      teacher_flags.check_model(self._params)
      self.checkpoint = checkpoint_flags.checkpoint()
      self._made = teacher.load(
        self._params, self.checkpoint, flags.FLAGS.batch_size
      )
    return self._made


def _found(given: _Given, model: _Teacher, rules: Rules) -> Detections:
  """Returns the labels of the teacher on the images of --input."""
  if not given.labels:
    return quality.detections_of(
      known_images.labelled(given.inputs, model.get(), rules)
    )
  ids = [image['id'] for image in given.truth['images']]
  try:
    return known_images.written(given.labels, ids)
  except ValueError as error:
    raise ValueError(f'--labels={flags.FLAGS.labels}: {error}') from error


def _unlabelled(
  paths: list[str], model: _Teacher, rules: Rules
) -> ScoredLabels | None:
  if not paths:
    return None
  if known_images.are_pseudo(paths):
    return scored_labels.from_records(paths)
  return known_images.scored(paths, model.get(), rules)


def _thresholds() -> tuple[Thresholds, Thresholds]:
  """Returns the minimum stored scores, and the thresholds of the flags."""
  values = flags.FLAGS
  stored = teacher_flags.stored_thresholds()
  if values.thresholds:
    least = min(
      teacher_flags.STORED, stored.default, *stored.per_class.values()
    )
    return Thresholds(least), stored
  chosen = values.counted_score
  if chosen is None:
    chosen = teacher_flags.COUNTED
  if chosen < stored.default:
    raise app.UsageError(
      f'--min_score={stored.default:g}: expected at most {chosen:g}, the score '
      'of the labels that count (--counted_score)'
    )
  return stored, Thresholds(chosen)


def _conditions(given: _Given, model: _Teacher) -> dict[str, Any]:
  values = flags.FLAGS
  listed = {
    'checkpoint': model.checkpoint,
    'input': values.input,
    'labels': values.labels,
    'unlabelled': values.unlabelled,
    'labelled': values.labelled,
    'min_score': given.stored.default,
    'min_area': values.min_area,
    'boxes': values.boxes,
  }
  return {name: value for name, value in listed.items() if value}
