r"""Writes the report of a run: one HTML file, and its numbers as JSON.

python -m copypaste_tf.report --model_dir=build/smoke --output_dir=build/report
"""

from copypaste_tf import environment  # isort: split

import html
import json
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
from absl import app, flags

from copypaste_tf import config_flags, records
from copypaste_tf.inputs import data_files
from copypaste_tf.reporting import (
  comparison,
  page,
  precision,
  run_files,
  sections,
  summary,
)
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.training.run import run_record

del environment  # Imported for what it sets.

REPORT, METRICS = 'report.html', 'metrics.json'
_PANEL = 'training_batch'  # Tag of the pictures of training batches.
_MIME = {'.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg'}


class Options(NamedTuple):
  """What is reported, and where to.

  Attributes:
    model_dir: folder of the run.
    output_dir: folder for the two files, made if need be.
    sheet: contact sheet to put into the report, or None.
    seconds: that everything took; None means what the training took.
    images: images shown with ground truth and predictions.
    min_score: detections with a lower score are not drawn, in [0, 1].
  """

  model_dir: str
  output_dir: str
  sheet: str | None = None
  seconds: float | None = None
  images: int = 12
  min_score: float = 0.5


def _define_flags() -> None:
  # Not at import: verbs share names of flags, and a process may import several.
  default = Options._field_defaults
  for name, text in (
    ('model_dir', 'Folder of the run.'),
    ('output_dir', 'Folder for report.html and metrics.json.'),
    (
      'sheet',
      'Contact sheet of copypaste_tf.visualize (.html, .png or .jpg) to put '
      'into the report.',
    ),
  ):
    flags.DEFINE_string(name, None, text)
  flags.DEFINE_float(
    'seconds', None, 'Seconds that everything took; by default the training.'
  )
  flags.DEFINE_integer(
    'images',
    default['images'],
    'Images shown with ground truth and predictions.',
    0,
  )
  flags.DEFINE_float(
    'min_score',
    default['min_score'],
    'Detections with a lower score are not drawn.',
    0.0,
    1.0,
  )


def main(argv: list[str]) -> None:
  """Writes the two files, and prints where they are."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  if not flags.FLAGS.model_dir or not flags.FLAGS.output_dir:
    raise app.UsageError('--model_dir and --output_dir are required')
  options = Options(*(flags.FLAGS[name].value for name in Options._fields))
  for path in write(options):
    print(path)


def write(options: Options) -> list[str]:
  """Reads a run and writes its report.

  What the run lacks is told in the report and on the error stream, with the
  command that makes it.

  Args:
    options: what to report.

  Returns:
    The paths of `metrics.json` and `report.html`.

  Raises:
    ValueError: there is no run, or a file is damaged.
    FileNotFoundError: the held-out records or the sheet are not there.
  """
  sheet = read_sheet(options.sheet) if options.sheet else ''
  run = run_files.read(options.model_dir)
  truth = None if run.detections is None else precision.groundtruth_of(run)
  ap = {} if truth is None else precision.measure(run, truth)
  numbers = summary.metrics(run, ap, options.seconds)
  pairs = [] if truth is None else _comparisons(run, truth, options)
  missing = _no_evaluation(run)
  parts = [
    sections.precision(ap, precision.object_counts(truth), missing),
    *_training_sections(run, sheet),
    sections.predictions(pairs, options.min_score, missing),
    _what_ran(run),
  ]
  text = page.document(
    run.recipe, summary.lead(run), summary.tiles(numbers), parts
  )
  _print_missing(run)
  return _write_files(
    options.output_dir,
    {METRICS: json.dumps(numbers, indent=2) + '\n', REPORT: text},
  )


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


def _comparisons(
  run: Run, truth, options: Options
) -> list[comparison.Comparison]:
  data = run.params.task.validation_data
  names = data_files.label_map(data.input_path)
  names |= {c['id']: c['name'] for c in truth['categories']}
  paths = data_files.expand(data.input_path)
  return comparison.compare(
    (record for _, _, record in records.read_records(paths)),
    run.detections,
    names,
    min_score=options.min_score,
    limit=options.images,
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
  return f'python -m copypaste_tf.evaluate --model_dir={run.model_dir}'


def _train_command(run: Run) -> str:
  record = os.path.join(run.model_dir, run_record.PARAMS)
  return (
    f'python -m copypaste_tf.train --config_file={record} '
    f'--model_dir={run.model_dir}'
  )


def _write_files(folder: str, texts: Mapping[str, str]) -> list[str]:
  tf.io.gfile.makedirs(folder)
  paths = [os.path.join(folder, name) for name in texts]
  for path, text in zip(paths, texts.values(), strict=True):
    with tf.io.gfile.GFile(path, 'w') as file:
      file.write(text)
  return paths


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; an error of the user's is one line, not a traceback."""
  _define_flags()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
