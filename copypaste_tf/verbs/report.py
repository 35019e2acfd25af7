"""Reads a run and writes its report."""

import json
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
from absl import flags

from copypaste_tf import compared_report, whole_files
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.products import products
from copypaste_tf.products.product import Product
from copypaste_tf.reporting import (
  page,
  run_files,
  sections,
  sheet_file,
  summary,
)
from copypaste_tf.reporting.elements import Figure, Frame, Note
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.captions import Captions
from copypaste_tf.training.run import run_record

REPORT, METRICS = 'report.html', 'metrics.json'
_PANEL = 'training_batch'  # Tag of the pictures of training batches.


class Options(NamedTuple):
  """Options of a report.

  Attributes:
    model_dir: folder of the run.
    output_dir: folder for the two files; it is made if it does not exist.
    images: number of images shown with ground truth and predictions.
    min_score: detections with a lower score are not drawn, in [0, 1].
    sheet: path of a contact sheet to put into the report, or None.
    seconds: duration of the whole job; None takes that of the training.
  """

  model_dir: str
  output_dir: str
  images: int
  min_score: float
  sheet: str | None = None
  seconds: float | None = None


def main() -> None:
  """Writes the two files and prints their paths."""
  options = Options(*(flags.FLAGS[name].value for name in Options._fields))
  if others := flags.FLAGS.compare:
    _refuse_flags_of_one_run()
    folders = [options.model_dir, *others]
    paths = compared_report.write(folders, options.output_dir)
  else:
    paths = write(options)
  for path in paths:
    print(path)


def _refuse_flags_of_one_run() -> None:
  for name in ('images', 'min_score', 'sheet', 'seconds'):
    if flags.FLAGS[name].present:
      raise ValueError(
        f'--{name} belongs to the report of one run; leave it or --compare out'
      )


def write(options: Options) -> list[str]:
  """Reads a run and writes its report.

  If the run lacks an evaluation or event files, the report and standard error
  say so, with the command that makes them.

  Args:
    options: the run, the folder for the report, and its content.

  Returns:
    The paths of `metrics.json` and `report.html`.

  Raises:
    ValueError: there is no run, or a file is damaged.
    FileNotFoundError: the held-out records or the sheet do not exist.
  """
  sheet = sheet_file.read(options.sheet) if options.sheet else None
  run = run_files.read(options.model_dir)
  whole_files.check_folder(options.output_dir, '--output_dir')
  captions = registry.build(run.params.task).captions
  product = _product(run)
  evaluator = product.evaluator(run) if product else None
  evaluated = evaluator.metrics() if product else {}
  numbers = summary.metrics(run, evaluated, options.seconds)
  text = page.document(
    run.recipe,
    summary.lead(run, captions.model),
    summary.tiles(numbers, captions),
    [
      sections.metrics(
        evaluated,
        product.counts(evaluator) if product else {},
        captions.metrics,
        _no_evaluation(run),
      ),
      *_training_sections(run, sheet, captions),
      _predictions(run, product, evaluator, options, captions),
      _setup(run),
    ],
  )
  _print_missing(run)
  return _write_files(
    options.output_dir,
    {METRICS: json.dumps(numbers, indent=2) + '\n', REPORT: text},
  )


def _product(run: Run) -> Product | None:
  """Returns the product of the task; None without an evaluation."""
  name = registry.build(run.params.task).makes
  return products.get(name) if name and run.predictions is not None else None


def _training_sections(
  run: Run, sheet: Figure | Frame | None, captions: Captions
) -> list[page.Section]:
  note = Note('There are no event files of a training.', _train_command(run))
  pictures = run.train.pictures.get(_PANEL, [])
  return [
    sections.training(run.train.curves, run.validation.curves, captions, note),
    sections.batches(pictures, sheet, captions.batches, note),
  ]


def _predictions(
  run: Run,
  product: Product | None,
  evaluator: Evaluator | None,
  options: Options,
  captions: Captions,
) -> page.Section:
  about = captions.predictions.format(min_score=options.min_score)
  if product is None:
    return sections.predictions([], about, _no_evaluation(run))
  pairs = product.compare(
    run, evaluator, min_score=options.min_score, limit=options.images
  )
  return sections.predictions(
    pairs,
    about,
    _no_evaluation(run),
    legend=product.legend,
    label=product.label,
  )


def _setup(run: Run) -> page.Section:
  texts = {
    'Command': ' '.join(run.versions.get('command', [])),
    'Recipe, as gin': run.gin,
    'Whole config, as YAML': run_record.to_yaml(run.params),
  }
  return sections.setup(summary.settings(run), run.versions, texts)


def _no_evaluation(run: Run) -> Note:
  return Note('There is no evaluation of this run yet.', _evaluate_command(run))


def _print_missing(run: Run) -> None:
  """Prints the commands that make the missing parts of the report."""
  if run.predictions is None:
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
  paths = [os.path.join(folder, name) for name in texts]
  for path, text in zip(paths, texts.values(), strict=True):
    with tf.io.gfile.GFile(path, 'w') as file:
      file.write(text)
  return paths
