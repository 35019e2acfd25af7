"""Labels shards of records with the model of a checkpoint."""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

from absl import app, flags
from official.core import config_definitions as cfg

from copypaste_tf import checkpoint_flags, teacher_flags, whole_files
from copypaste_tf.labelling import (
  gates,
  label_json,
  label_manifest,
  origin,
  shard_files,
  shard_run,
  teacher,
)
from copypaste_tf.labelling.shard_run import Share
from copypaste_tf.labelling.shards import Job
from copypaste_tf.labelling.tally import Tally
from copypaste_tf.pools import choice
from copypaste_tf.pools.pool import Pool
from copypaste_tf.records import files


def main() -> None:
  """Labels the shards of this machine; ends with 1 if the labels are wrong."""
  values = flags.FLAGS
  share = _share()
  inputs = teacher_flags.input_files()
  _check_output(inputs)
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, product='detections')
  params, checkpoint = resolved.params, checkpoint_flags.checkpoint()
  teacher_flags.check_model(params)
  job = _job(
    params,
    checkpoint,
    origin.Inputs(inputs),
    teacher_flags.class_names(resolved),
  )
  judge = _judge(params, job)
  make_teacher = functools.partial(
    teacher.load, params, checkpoint, values.batch_size
  )
  pool = _pool()
  try:
    manifest = shard_run.label(
      job,
      make_teacher,
      share,
      judge,
      overwrite=values.overwrite,
      elsewhere=pool,
    )
  except shard_run.GateError as error:
    raise ValueError(
      f'{error}\nthe labelled shards stay, without a manifest; --force '
      'completes the set in spite of this'
    ) from error
  if manifest is None:
    left = shard_run.left(job)
    print(f'{left} shards are left to others; the last writes the manifest')
    return
  _report(job, manifest)


def _share() -> Share:
  values = flags.FLAGS
  if values.worker >= values.num_workers:
    raise app.UsageError(
      f'--worker is 0 to {values.num_workers - 1} with --num_workers='
      f'{values.num_workers}, got {values.worker}'
    )
  if values.beam_args is not None and values.num_workers > 1:
    raise app.UsageError('--beam_args divides the shards; give it alone')
  return Share(values.worker, values.num_workers)


def _pool() -> Pool | None:
  """Returns the workers that Beam's flags name, or None."""
  arguments = flags.FLAGS.beam_args
  return None if arguments is None else choice.choose(None, arguments)


def _check_output(inputs: list[str]) -> None:
  prefix = flags.FLAGS.output
  if not prefix:
    raise app.UsageError('give --output, or --report to judge the teacher')
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


def _job(
  params: cfg.ExperimentConfig,
  checkpoint: str,
  inputs: origin.Inputs,
  names: Mapping[int, str],
) -> Job:
  values = flags.FLAGS
  rules = teacher_flags.rules(names, teacher_flags.stored_thresholds())
  counted = 0.0 if values.thresholds else teacher_flags.COUNTED
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
  reference = teacher_flags.reference_counts(params)
  allowed = flags.FLAGS.max_dropped

  def judge(tally: Tally) -> list[str]:
    found = [*tally.problems(allowed)]
    return found + gates.problems(tally.counted, reference, job.max_detections)

  return judge


def _report(job: Job, manifest: Mapping[str, Any]) -> None:
  print(f'{job.output}-*.tfrecord: {label_manifest.text(manifest)}')
  path = flags.FLAGS.coco_json
  if path:
    shards = [job.path(index) for index in range(len(job.inputs))]
    with whole_files.file_errors(f'--coco_json={path}'):
      label_json.write(path, shards, job.rules.names)
    print(f'written: {path}')
