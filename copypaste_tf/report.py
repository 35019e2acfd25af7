r"""Writes the report of a run: one HTML file, and its numbers as JSON.

python -m copypaste_tf.report --model_dir=build/smoke --output_dir=build/report
"""

from copypaste_tf import environment  # isort: split

import collections
import html
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import app, flags

from copypaste_tf import config_flags, records
from copypaste_tf.evaluation import coco
from copypaste_tf.reporting import (
  comparison,
  page,
  run_files,
  sections,
  summary,
)
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.training import data_files, run_record, task

_MODEL_DIR = flags.DEFINE_string('model_dir', None, 'Folder of the run.')
_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', None, 'Folder for report.html and metrics.json.'
)
_SHEET = flags.DEFINE_string(
  'sheet',
  None,
  'Contact sheet of copypaste_tf.visualize (.html, .png or .jpg) to put into '
  'the report.',
)
_SECONDS = flags.DEFINE_float(
  'seconds', None, 'Seconds that everything took; by default the training.'
)
_IMAGES = flags.DEFINE_integer(
  'images', 12, 'Images shown with ground truth and predictions.', 0
)
_MIN_SCORE = flags.DEFINE_float(
  'min_score', 0.5, 'Detections with a lower score are not drawn.', 0.0, 1.0
)

del environment  # Imported for what it sets.

REPORT, METRICS = 'report.html', 'metrics.json'
_PANEL = 'training_batch'  # Tag of the pictures of training batches.
_MIME = {'.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg'}


def main(argv: list[str]) -> None:
  """Reads the run and writes the two files."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  if not _MODEL_DIR.value or not _OUTPUT_DIR.value:
    raise app.UsageError('--model_dir and --output_dir are required')
  sheet = read_sheet(_SHEET.value) if _SHEET.value else ''
  run = run_files.read(_MODEL_DIR.value)
  truth = None if run.detections is None else groundtruth_of(run)
  precision = {} if truth is None else average_precision(run, truth)
  numbers = summary.metrics(run, precision, _SECONDS.value)
  parts = [
    sections.precision(precision, object_counts(truth), _no_evaluation(run)),
    *_training_sections(run, sheet),
    sections.predictions(
      [] if truth is None else _comparisons(run, truth),
      _MIN_SCORE.value,
      _no_evaluation(run),
    ),
    _what_ran(run),
  ]
  text = page.document(
    run.recipe, summary.lead(run), summary.tiles(numbers), parts
  )
  tf.io.gfile.makedirs(_OUTPUT_DIR.value)
  _write(METRICS, json.dumps(numbers, indent=2) + '\n')
  _write(REPORT, text)
  _print_missing(run)


def groundtruth_of(run: Run) -> dict[str, Any]:
  """Returns what the run is evaluated against, in COCO format.

  Args:
    run: the run, whose record names the files.

  Raises:
    FileNotFoundError: they are not there.
  """
  try:
    return task.groundtruth_of(run.params.task)
  except FileNotFoundError as error:
    record = os.path.join(run.model_dir, run_record.PARAMS)
    raise FileNotFoundError(
      f'The held-out data of {record} are gone: {error}. Paths there are '
      'relative to the folder in which the run was started; report from there.'
    ) from error


def average_precision(run: Run, truth: Mapping[str, Any]) -> dict[str, float]:
  """Returns COCO's metrics of the run's detections, also per category.

  Args:
    run: with detections.
    truth: COCO format.
  """
  masks = ('segm',) if run.params.task.model.include_mask else ()
  return coco.evaluate(
    truth,
    run.detections,
    iou_types=('bbox', *masks),
    per_category=True,
    strict_categories=False,
  )


def object_counts(truth: Mapping[str, Any] | None) -> dict[str, int]:
  """Returns how many objects, crowds left out, each class name has.

  Args:
    truth: COCO format, or None.
  """
  if truth is None:
    return {}
  counts = collections.Counter(
    annotation['category_id']
    for annotation in truth['annotations']
    if not annotation.get('iscrowd', 0)
  )
  return {c['name']: counts[c['id']] for c in truth['categories']}


def read_sheet(path: str) -> str:
  """Returns a contact sheet as HTML that can stand inside a page.

  Args:
    path: an HTML file, shown in a frame of its own, or a picture.

  Raises:
    ValueError: it is of another kind.
  """
  kind = os.path.splitext(path)[1].lower()
  if kind not in ('.html', *_MIME):
    raise ValueError(f'--sheet must be .html, .png or .jpg, got {path!r}')
  with tf.io.gfile.GFile(path, 'rb') as file:
    content = file.read()
  title = 'How the training examples are made'
  if kind != '.html':
    return page.figure(page.data_uri(content, _MIME[kind]), title, title)
  inner = html.escape(content.decode('utf-8'))
  return f'<iframe sandbox title="{title}" srcdoc="{inner}"></iframe>'


def _training_sections(run: Run, sheet: str) -> list[page.Section]:
  note = page.note(
    'There are no event files of a training.', _train_command(run)
  )
  pictures = run.train.pictures.get(_PANEL, [])
  return [
    sections.training(run.train.curves, run.validation.curves, note),
    sections.batches(pictures, sheet, note),
  ]


def _comparisons(run: Run, truth) -> list[comparison.Comparison]:
  data = run.params.task.validation_data
  names = data_files.label_map(data.input_path)
  names |= {c['id']: c['name'] for c in truth['categories']}
  paths = data_files.expand(data.input_path)
  return comparison.compare(
    (record for _, _, record in records.read_records(paths)),
    run.detections,
    names,
    min_score=_MIN_SCORE.value,
    limit=_IMAGES.value,
  )


def _what_ran(run: Run) -> page.Section:
  texts = {
    'Command': ' '.join(run.versions.get('command', [])),
    'Recipe, as gin': run.gin,
    'Whole config, as YAML': run_record.to_yaml(run.params),
  }
  return sections.what_ran(summary.settings(run), run.versions, texts)


def _no_evaluation(run: Run) -> str:
  return page.note(
    'There is no evaluation of this run yet.', _evaluate_command(run)
  )


def _print_missing(run: Run) -> None:
  """Says on the error stream what the report lacks, and how to make it."""
  if run.detections is None:
    print(f'note: not evaluated yet: {_evaluate_command(run)}', file=sys.stderr)
  if not run.train.curves:
    print(f'note: no event files: {_train_command(run)}', file=sys.stderr)


def _evaluate_command(run: Run) -> str:
  path = os.path.join(run.model_dir, task.DETECTIONS_FILE)
  return (
    f'python -m copypaste_tf.evaluate --model_dir={run.model_dir} '
    f'--output={path}'
  )


def _train_command(run: Run) -> str:
  record = os.path.join(run.model_dir, run_record.PARAMS)
  return (
    f'python -m copypaste_tf.train --config_file={record} '
    f'--model_dir={run.model_dir}'
  )


def _write(name: str, text: str) -> None:
  path = os.path.join(_OUTPUT_DIR.value, name)
  with tf.io.gfile.GFile(path, 'w') as file:
    file.write(text)
  print(path)


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; an error of the user's is one line, not a traceback."""
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
