"""Labels shards of records with the model of a checkpoint."""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from absl import app, flags
from official.core import config_definitions as cfg

from copypaste_tf import checkpoint_flags, whole_files
from copypaste_tf.inputs import data_files, record_sets
from copypaste_tf.labelling import (
  gates,
  label_json,
  label_manifest,
  label_map,
  origin,
  shard_files,
  shard_run,
  teacher,
  thresholds,
)
from copypaste_tf.labelling.labels import Rules
from copypaste_tf.labelling.shard_run import Share
from copypaste_tf.labelling.shards import Job
from copypaste_tf.labelling.tally import Tally
from copypaste_tf.labelling.thresholds import Thresholds
from copypaste_tf.records import files
from copypaste_tf.training.run import class_names as kept

STORED, COUNTED = 0.05, 0.5
"""Least scores of labels that are stored, and of those that count."""


def main() -> None:
  """Labels the shards of this machine; ends with 1 if the labels are wrong."""
  values = flags.FLAGS
  if not values.output:
    raise app.UsageError('give --output, or --report to judge the teacher')
  share = _share()
  inputs = input_files()
  _check_output(inputs)
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, detections=True)
  params, checkpoint = resolved.params, checkpoint_flags.checkpoint()
  check_model(params)
  job = _job(params, checkpoint, origin.Inputs(inputs), class_names(resolved))
  judge = _judge(params, job)
  make_teacher = functools.partial(
    teacher.load, params, checkpoint, values.batch_size
  )
  try:
    manifest = shard_run.label(
      job,
      make_teacher,
      share,
      judge,
      overwrite=values.overwrite,
    )
  except shard_run.GateError as error:
    raise ValueError(
      f'{error}\nthe labelled shards stay, without a manifest; --force '
      'completes the set in spite of this'
    ) from error
  if manifest is None:
    left = shard_run.left(job)
    print(f'{left} shards are left to others; the last one writes the manifest')
    return
  _report(job, manifest)


def _share() -> Share:
  values = flags.FLAGS
  if values.worker >= values.num_workers:
    raise app.UsageError(
      f'--worker is 0 to {values.num_workers - 1} with --num_workers='
      f'{values.num_workers}, got {values.worker}'
    )
  if values.claim and values.num_workers > 1:
    raise app.UsageError('give --claim or --num_workers, not both')
  return Share(values.worker, values.num_workers, values.claim)


def input_files() -> list[str]:
  """Returns the files of --input."""
  try:
    found = data_files.expand(flags.FLAGS.input)
  except FileNotFoundError as error:
    raise FileNotFoundError(f'--input: {error}') from error
  if not found:
    raise app.UsageError('--input is empty; expected TFRecords')
  return found


def _check_output(inputs: list[str]) -> None:
  prefix = flags.FLAGS.output
  if not os.path.basename(prefix):
    raise app.UsageError(
      f'--output={prefix}: expected the beginning of names, such as '
      f'{os.path.join(prefix, "pseudo")}'
    )
  manifest = shard_files.manifest_path(prefix)
  if manifest in {files.manifest_path(path) for path in inputs}:
    raise ValueError(
      f'--output={prefix}: {inputs[0]} is among the files to label; give '
      'another beginning of names'
    )
  whole_files.check_file(manifest, '--output')
  if flags.FLAGS.coco_json:
    whole_files.check_file(flags.FLAGS.coco_json, '--coco_json')


def check_model(params: cfg.ExperimentConfig) -> None:
  """Refuses a model without masks; notes a model that hides low scores."""
  model = params.task.model
  if not model.include_mask:
    raise ValueError(
      'task.model.include_mask is False: the model makes no masks, and a '
      'student needs labels with masks'
    )
  least = model.detection_generator.pre_nms_score_threshold
  if least > min(_thresholds().of([0, *_thresholds().per_class])):
    print(
      f'note: the model makes no detections of a score up to {least:g} '
      '(model.score_threshold), so that none are stored',
      file=sys.stderr,
    )


@functools.cache
def _read_thresholds(path: str) -> Thresholds:
  return thresholds.load(path)


def _thresholds() -> Thresholds:
  """Returns the least scores of stored labels."""
  values = flags.FLAGS
  if not values.thresholds:
    stored = STORED if values.min_score is None else values.min_score
    return Thresholds(stored)
  if values.min_score is not None:
    raise app.UsageError('give --min_score or --thresholds, not both')
  with whole_files.file_errors(f'--thresholds={values.thresholds}'):
    return _read_thresholds(values.thresholds)


def class_names(resolved: Any) -> Mapping[int, str]:
  """Returns the class names; refuses those that contradict one another."""
  values, task = flags.FLAGS, resolved.params.task
  listed = values.labelled or record_sets.patterns(task.train_data)
  given = '--label_map' if values.label_map else 'the evaluation records'
  known = {
    'the run of the checkpoint': checkpoint_flags.kept_class_names(),
    given: checkpoint_flags.class_names(resolved, values.label_map),
    'the labelled records': kept.of_records(listed),
  }
  names = label_map.agreed(known, task.model.num_classes, force=values.force)
  label_map.require_known(
    _thresholds().per_class, names, f'--thresholds={values.thresholds}'
  )
  return names


def _job(
  params: cfg.ExperimentConfig,
  checkpoint: str,
  inputs: origin.Inputs,
  names: Mapping[int, str],
) -> Job:
  values = flags.FLAGS
  rules = Rules(
    names, _thresholds(), values.min_area, values.max_planes, values.boxes
  )
  counted = 0.0 if values.thresholds else COUNTED
  if values.counted_score is not None:
    counted = values.counted_score
  settings = {
    'thresholds': rules.thresholds.as_dict(),
    'counted_score': counted,
    'min_area': rules.min_area,
    'max_planes': rules.max_planes,
    'boxes': rules.boxes,
    'mask_pngs': values.mask_pngs,
    'on_error': values.on_error,
  }
  return Job(
    inputs,
    values.output,
    rules,
    origin.describe(params, checkpoint, names, settings),
    counted_score=counted,
    max_detections=params.task.model.detection_generator.max_num_detections,
    mask_pngs=values.mask_pngs,
    stop=values.on_error == 'fail',
  )


def _judge(
  params: cfg.ExperimentConfig, job: Job
) -> Callable[[Tally], list[str]]:
  """Returns the function that lists what is wrong with labels."""
  if flags.FLAGS.force:
    return lambda tally: []
  reference = reference_counts(params)
  allowed = flags.FLAGS.max_dropped

  def judge(tally: Tally) -> list[str]:
    found = [*tally.problems(allowed)]
    return found + gates.problems(tally.counted, reference, job.max_detections)

  return judge


def reference_counts(params: cfg.ExperimentConfig) -> gates.LabelCounts | None:
  """Returns the counts of the labelled records that a manifest describes."""
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


def _report(job: Job, manifest: Mapping[str, Any]) -> None:
  print(f'{job.output}-*.tfrecord: {label_manifest.text(manifest)}')
  path = flags.FLAGS.coco_json
  if path:
    shards = [job.path(index) for index in range(len(job.inputs))]
    with whole_files.file_errors(f'--coco_json={path}'):
      label_json.write(path, shards, job.rules.names)
    print(f'written: {path}')
