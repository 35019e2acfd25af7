"""Evaluates a checkpoint or a file of detections."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf import checkpoint_flags
from copypaste_tf.evaluation import coco, groundtruth, tables
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.tasks import registry
from copypaste_tf.training.run import runner


def main() -> None:
  """Evaluates, prints the tables and writes the files."""
  if flags.FLAGS.results:
    metrics = _evaluate_results(flags.FLAGS.results)
    table = tables.summary(metrics)
  else:
    table, metrics = _evaluate_checkpoint()
  print(table)
  if flags.FLAGS.per_category:
    print(tables.categories(metrics))
  if flags.FLAGS.metrics:
    with tf.io.gfile.GFile(flags.FLAGS.metrics, 'w') as file:
      json.dump(metrics, file, indent=2)
  if flags.FLAGS.categories_csv:
    with tf.io.gfile.GFile(flags.FLAGS.categories_csv, 'w') as file:
      file.write(tables.categories_csv(metrics))


def _per_category() -> bool:
  return flags.FLAGS.per_category or bool(flags.FLAGS.categories_csv)


def _evaluate_results(path: str) -> dict[str, float]:
  """Evaluates a detections file, against annotations or a recipe's records."""
  with tf.io.gfile.GFile(path) as file:
    results = json.load(file)
  truth = flags.FLAGS.annotation_file
  if truth is None:
    truth = _recipe_groundtruth()
  else:
    truth = groundtruth.from_annotations(truth)
  _note_unknown_categories(results, truth)
  masks = any('segmentation' in result for result in results)
  return coco.evaluate(
    truth,
    results,
    backend=flags.FLAGS.backend,
    iou_types=('bbox', 'segm') if masks else ('bbox',),
    per_category=_per_category(),
    strict_categories=False,
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
  """Prints how many detections have a category that the labels lack."""
  known = {category['id'] for category in truth['categories']}
  unknown = [r['category_id'] for r in results if r['category_id'] not in known]
  if unknown:
    print(
      f'note: {len(unknown)} of {len(results)} detections are ignored: the '
      f'ground truth has no categories {sorted(set(unknown))[:10]}',
      file=sys.stderr,
    )


def _evaluate_checkpoint() -> tuple[str, dict[str, float]]:
  """Evaluates a checkpoint; returns the metrics as a table and by name."""
  resolved = checkpoint_flags.load(values=_own_values())
  checkpoint_flags.check(resolved, data=True)
  checkpoint = checkpoint_flags.checkpoint()
  evaluator = registry.build(resolved.params.task).evaluator()
  print(f'evaluating {checkpoint}', file=sys.stderr)
  with tempfile.TemporaryDirectory() as folder:
    metrics = runner.evaluate(resolved.params, folder, checkpoint)
    if evaluator.output_file:
      source = os.path.join(folder, evaluator.output_file)
      shutil.copyfile(source, _output(checkpoint, evaluator.output_file))
  return evaluator.table(metrics), metrics


def _output(checkpoint: str, name: str) -> str:
  """Returns the path of the copy of the evaluator's output file."""
  if flags.FLAGS.output:
    return flags.FLAGS.output
  folder = flags.FLAGS.model_dir or os.path.dirname(checkpoint)
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
