"""Evaluates a checkpoint or a file of detections."""

import contextlib
import functools
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf import checkpoint_flags, records, whole_files
from copypaste_tf.evaluation import (
  coco,
  coco_inputs,
  groundtruth,
  results_file,
  tables,
)
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.inputs import data_files
from copypaste_tf.serving import image_list
from copypaste_tf.tasks import registry
from copypaste_tf.training.run import runner

_RECORDS = 2  # Records of each file whose ids are compared with annotations.
_NOTHING = ('[]', '{}')  # Files of detections without a detection.
Outputs = dict[str, Callable[[str], Any]]
"""Functions that write a file to the path that they are given, by path."""


def main() -> None:
  """Evaluates, prints the tables and writes the files."""
  values = flags.FLAGS
  for flag in ('metrics', 'categories_csv'):
    if values[flag].value:
      whole_files.check_file(values[flag].value, f'--{flag}')
  if values.results:
    metrics, outputs = _evaluate_results(values.results), {}
    table = tables.summary(metrics)
  else:
    table, metrics, outputs = _evaluate_checkpoint()
  print(table)
  if values.per_category:
    print(tables.categories(metrics))
  _write(outputs | _metric_files(metrics))


def _metric_files(metrics: Mapping[str, float]) -> Outputs:
  contents = {
    flags.FLAGS.metrics: lambda: json.dumps(metrics, indent=2),
    flags.FLAGS.categories_csv: lambda: tables.categories_csv(metrics),
  }
  return {
    path: functools.partial(_write_text, content)
    for path, content in contents.items()
    if path
  }


def _write_text(content: Callable[[], str], path: str) -> None:
  with tf.io.gfile.GFile(path, 'w') as file:
    file.write(content())


def _write(outputs: Outputs) -> None:
  """Writes all files; the errors of some do not stop the others."""
  problems = []
  for path, write in outputs.items():
    try:
      whole_files.write_or_keep(path, write)
    except ValueError as error:
      problems.append(str(error))
  if problems:
    raise ValueError('\n'.join(problems))


def _per_category() -> bool:
  return flags.FLAGS.per_category or bool(flags.FLAGS.categories_csv)


def _evaluate_results(path: str) -> dict[str, float]:
  """Evaluates a detections file, against annotations or a recipe's records."""
  content = groundtruth.read_json(path)
  truth = flags.FLAGS.annotation_file
  if truth is None:
    truth = _recipe_groundtruth()
  else:
    truth = groundtruth.from_annotations(truth)
  coco_inputs.check_groundtruth(truth, 'bbox')
  if not truth['annotations']:
    raise ValueError('the ground truth has no object: nothing can be measured')
  results = results_file.normalized(content, path, truth)
  _check_file_names(path, truth)
  _note_unknown_categories(results, truth)
  # No detection at all has neither a mask nor none; the labels decide.
  masks = any('segmentation' in result for result in results) or (
    not results and all(a.get('segmentation') for a in truth['annotations'])
  )
  return coco.evaluate(
    truth,
    results,
    backend=flags.FLAGS.backend,
    iou_types=('bbox', 'segm') if masks else ('bbox',),
    per_category=_per_category(),
    strict_categories=False,
  )


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


def _recipe_groundtruth() -> Mapping[str, Any]:
  """Returns the ground truth of the recipe's task, in COCO format."""
  task = checkpoint_flags.load().params.task
  evaluator = registry.build(task).evaluator()
  if not isinstance(evaluator, CocoEvaluator):
    raise ValueError(
      f'--results: expected a recipe with COCO metrics, got the task '
      f'{task.name!r}; give --annotation_file'
    )
  return evaluator.groundtruth


def _note_unknown_categories(
  results: list[dict[str, Any]], truth: Mapping[str, Any]
) -> None:
  """Prints how many detections have a category that the labels lack.

  Raises:
    ValueError: all of them do.
  """
  known = {category['id'] for category in truth['categories']}
  unknown = [r['category_id'] for r in results if r['category_id'] not in known]
  if unknown and len(unknown) == len(results):
    raise ValueError(
      f'no detection has a category of the ground truth: the detections have '
      f'{sorted(set(unknown))[:10]}, the ground truth {sorted(known)[:10]}'
    )
  if unknown:
    print(
      f'note: {len(unknown)} of {len(results)} detections are ignored: the '
      f'ground truth has no categories {sorted(set(unknown))[:10]}',
      file=sys.stderr,
    )


def _evaluate_checkpoint() -> tuple[str, dict[str, float], Outputs]:
  """Evaluates a checkpoint; returns a table, the metrics and the outputs."""
  resolved = checkpoint_flags.load(values=_own_values())
  checkpoint_flags.check(resolved, data=True)
  checkpoint = checkpoint_flags.checkpoint()
  evaluator = registry.build(resolved.params.task).evaluator()
  outputs: Outputs = {}
  if evaluator.output_file:
    path = _output(checkpoint, evaluator.output_file)
    whole_files.check_file(path, '--output')
    outputs[path] = functools.partial(_write_detections, evaluator)
  _prepare(evaluator, resolved.params.task)
  print(f'evaluating {checkpoint}', file=sys.stderr)
  with contextlib.ExitStack() as unfinished:
    unfinished.callback(_keep, evaluator)
    metrics = runner.evaluate(
      resolved.params, None, checkpoint, evaluator=evaluator
    )
    unfinished.pop_all()
  return evaluator.table(metrics), metrics, outputs


def _prepare(evaluator: Evaluator, task: Any) -> None:
  """Reads the ground truth, and compares its image ids with the records."""
  if not task.annotation_file or not isinstance(evaluator, CocoEvaluator):
    evaluator.prepare()
    return
  ids = [
    record.source_id
    for path in data_files.expand(task.validation_data.input_path)
    for *_, record in itertools.islice(records.read_records([path]), _RECORDS)
  ]
  try:
    evaluator.prepare(ids)
  except ValueError as error:
    raise ValueError(f'{task.annotation_file}: {error}') from error


def _write_detections(evaluator: Evaluator, path: str) -> None:
  with tempfile.TemporaryDirectory() as folder:
    evaluator.write(folder)
    source = os.path.join(folder, evaluator.output_file)
    with (
      tf.io.gfile.GFile(source, 'rb') as file,
      tf.io.gfile.GFile(path, 'wb') as target,
    ):
      shutil.copyfileobj(file, target)


def _keep(evaluator: Evaluator) -> None:
  """Writes the detections of an evaluation that did not reach its end."""
  if not evaluator.output_file:
    return
  folder = tempfile.mkdtemp()
  evaluator.write(folder)
  path = os.path.join(folder, evaluator.output_file)
  with open(path) as file:
    empty = file.read(len(_NOTHING[0]) + 1) in _NOTHING
  if empty:
    shutil.rmtree(folder)
  else:
    print(f'the detections so far are in {path}', file=sys.stderr)


def _output(checkpoint: str, name: str) -> str:
  """Returns the path of the evaluator's output file."""
  if flags.FLAGS.output:
    return flags.FLAGS.output
  folder = flags.FLAGS.model_dir
  if not folder or not tf.io.gfile.isdir(folder):
    folder = os.path.dirname(checkpoint)
  return os.path.join(folder, name)


def _own_values() -> dict[str, tuple[str, Any]]:
  """Returns the config values that this verb's flags set."""
  values = {'task.per_category_metrics': ('--per_category', True)}
  values = values if _per_category() else {}
  if flags.FLAGS.annotation_file:
    values['task.annotation_file'] = (
      '--annotation_file',
      flags.FLAGS.annotation_file,
    )
  return values
