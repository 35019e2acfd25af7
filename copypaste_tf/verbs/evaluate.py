"""Evaluates a checkpoint or a file of detections."""

import contextlib
import filecmp
import functools
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf import (
  checkpoint_flags,
  records,
  results_labels,
  whole_files,
)
from copypaste_tf.evaluation import (
  protocols,
  results_evaluation,
  results_file,
  tables,
)
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.inputs import data_files
from copypaste_tf.tasks import registry
from copypaste_tf.training.run import runner

_RECORDS = 2  # Records of each file whose ids are compared with annotations.
Outputs = dict[str, Callable[[str], Any]]
"""Functions that write a file to the path that they are given, by path."""


def main() -> None:
  """Evaluates, prints the tables and writes the files."""
  values = flags.FLAGS
  for flag in ('metrics', 'categories_csv'):
    if values[flag].value:
      whole_files.check_file(values[flag].value, f'--{flag}')
  results_labels.check_flags()
  if values.results:
    (table, metrics), outputs = _evaluate_results(values.results), {}
  else:
    table, metrics, outputs = _evaluate_checkpoint()
  print(table)
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


def _evaluate_results(path: str) -> tuple[str, dict[str, float]]:
  """Evaluates a detections file, against annotations or a recipe's records."""
  values = flags.FLAGS
  results_file.check(path)  # Labels may take minutes to read.
  truth, protocol = results_labels.read(_recipe_labels)
  if values.backend != 'faster' and protocol != protocols.COCO:
    raise ValueError(
      f'--backend={values.backend}: expected faster for --protocol={protocol}'
    )
  metrics, notes = results_evaluation.evaluate(
    path,
    truth,
    protocol=protocol,
    iou_types=values.iou_types or (),
    backend=values.backend,
    per_category=_per_category(),
  )
  _print_notes(notes)
  table = tables.summary(metrics, protocols.METRICS[protocol])
  return _table(table, metrics, protocol in protocols.LISTING), metrics


def _table(table: str, metrics: Mapping[str, float], listing: bool) -> str:
  """Adds the categories to a table, if they are asked for or always listed."""
  if not (listing or flags.FLAGS.per_category):
    return table
  return f'{table}\n{tables.categories(metrics)}'


def _print_notes(notes: Iterable[str]) -> None:
  for note in notes:
    print(f'note: {note}', file=sys.stderr)


def _recipe_labels() -> tuple[Mapping[str, Any], str]:
  """Returns ground truth and protocol of the recipe's task."""
  task = checkpoint_flags.load(values=_own_values()).params.task
  evaluator = registry.build(task).evaluator()
  if not isinstance(evaluator, DetectionEvaluator):
    raise ValueError(
      f'--results: expected a recipe with COCO metrics, got the task '
      f'{task.name!r}; give --annotation_file'
    )
  return evaluator.groundtruth, task.evaluation


def _evaluate_checkpoint() -> tuple[str, dict[str, float], Outputs]:
  """Evaluates a checkpoint; returns a table, the metrics and the outputs."""
  resolved = checkpoint_flags.load(values=_own_values())
  checkpoint_flags.check(resolved, data=True)
  checkpoint = checkpoint_flags.checkpoint()
  task = resolved.params.task
  evaluator = registry.build(task).evaluator()
  evaluator.complete = bool(flags.FLAGS.output)
  outputs: Outputs = {}
  if evaluator.output_file:
    path = _output(checkpoint, evaluator.output_file)
    whole_files.check_file(path, '--output')
    outputs[path] = functools.partial(_write_detections, evaluator)
  _prepare(evaluator, task)
  print(f'evaluating {checkpoint}', file=sys.stderr)
  with contextlib.ExitStack() as unfinished:
    unfinished.callback(_keep, evaluator)
    metrics = runner.evaluate(
      resolved.params, None, checkpoint, evaluator=evaluator
    )
    unfinished.pop_all()
  table = _table(evaluator.table(metrics), metrics, evaluator.lists_categories)
  return table, metrics, outputs


def _prepare(evaluator: Evaluator, task: Any) -> None:
  """Reads the ground truth, and compares its image ids with the records."""
  ids = (
    _some_ids(task.validation_data.input_path) if task.annotation_file else ()
  )
  try:
    evaluator.prepare(ids)
    if flags.FLAGS.protocol is None and isinstance(evaluator, CocoEvaluator):
      results_evaluation.check_protocol(evaluator.groundtruth)
  except ValueError as error:
    if not task.annotation_file:
      raise
    raise ValueError(f'{task.annotation_file}: {error}') from error
  _print_notes(evaluator.notes())


def _some_ids(patterns: str) -> list[int]:
  return [
    record.source_id
    for path in data_files.expand(patterns)
    for *_, record in itertools.islice(records.read_records([path]), _RECORDS)
  ]


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
  """Writes the predictions of an evaluation that did not reach its end."""
  if not evaluator.output_file:
    return
  folder, empty = tempfile.mkdtemp(), tempfile.mkdtemp()
  evaluator.write(folder)
  evaluator.reset()
  evaluator.write(empty)
  path, nothing = (
    os.path.join(place, evaluator.output_file) for place in (folder, empty)
  )
  if filecmp.cmp(path, nothing, shallow=False):
    shutil.rmtree(folder)
  else:
    print(f'the predictions so far are in {path}', file=sys.stderr)
  shutil.rmtree(empty)


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
  values = flags.FLAGS
  own = {
    'task.per_category_metrics': ('--per_category', _per_category() or None),
    'task.annotation_file': ('--annotation_file', values.annotation_file),
    'task.evaluation': ('--protocol', values.protocol),
    'task.iou_types': ('--iou_types', values.iou_types),
  }
  return {path: item for path, item in own.items() if item[1]}
