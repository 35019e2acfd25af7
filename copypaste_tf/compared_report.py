"""Reads several runs and writes a page that compares them."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from copypaste_tf import whole_files
from copypaste_tf.products import products
from copypaste_tf.reporting import (
  compared_remarks,
  compared_run,
  compared_sections,
  page,
  run_files,
)
from copypaste_tf.reporting.compared_run import ComparedRun
from copypaste_tf.reporting.elements import Note
from copypaste_tf.reporting.sections import percent
from copypaste_tf.tasks import registry

PAGE, NUMBERS = 'comparison.html', 'comparison.json'


def write(folders: Sequence[str], output_dir: str) -> list[str]:
  """Reads runs and writes the page that compares them, and its numbers.

  If a run lacks an evaluation or event files, the page and standard error say
  so, with the command that makes an evaluation.

  Args:
    folders: folders of at least two runs; differences are to the first one.
    output_dir: folder for the two files; it is made if it does not exist.

  Returns:
    The paths of `comparison.json` and `comparison.html`.

  Raises:
    ValueError: a folder holds no run or is named twice, or a file is damaged.
    FileNotFoundError: the held-out records of an evaluated run do not exist.
  """
  labels = compared_run.labels(folders)
  whole_files.check_folder(output_dir, '--output_dir')
  runs = [_read(*pair) for pair in zip(folders, labels, strict=True)]
  texts = compared_remarks.remarks(runs)
  contents = {
    NUMBERS: json.dumps(_numbers(runs, texts), indent=2) + '\n',
    PAGE: _page(runs, texts),
  }
  paths = [os.path.join(output_dir, name) for name in contents]
  for path, text in zip(paths, contents.values(), strict=True):
    whole_files.write(path, text)
  for note in [*_unevaluated(runs), *_eventless(runs)]:
    print(f'note: {note.text} {note.command}', file=sys.stderr)
  return paths


def _read(folder: str, label: str) -> ComparedRun:
  """Reads a run; its predictions, which may be large, are not kept."""
  run = run_files.read(folder)
  made = registry.build(run.params.task).makes
  if not made or run.predictions is None:
    return ComparedRun(label, run, {}, {})
  product = products.get(made)
  evaluator = product.evaluator(run)
  return ComparedRun(
    label,
    run._replace(predictions=None),
    evaluator.metrics(),
    product.counts(evaluator),
  )


def _page(runs: Sequence[ComparedRun], texts: Sequence[str]) -> str:
  first, *others = (one.label for one in runs)
  sections = [
    compared_sections.metrics(runs, _unevaluated(runs)),
    compared_sections.categories(runs),
    compared_sections.training(runs, _eventless(runs)),
    compared_sections.settings(runs),
  ]
  if texts:
    sections.insert(0, compared_sections.remarks(texts))
  return page.document(
    'Comparison of runs',
    f'{", ".join(others)} against {first}.',
    _tiles(runs),
    sections,
  )


def _tiles(runs: Sequence[ComparedRun]) -> list[tuple[str, str]]:
  return [
    (percent(one.metrics[name]), f'{caption}, %, {one.label}')
    for name, caption in runs[0].captions.headlines.items()
    for one in runs
    if name in one.metrics
  ]


def _unevaluated(runs: Sequence[ComparedRun]) -> list[Note]:
  return [
    Note(
      f'There is no evaluation of {one.label} yet.',
      f'python -m copypaste_tf.evaluate --model_dir={one.run.model_dir}',
    )
    for one in runs
    if not one.metrics
  ]


def _eventless(runs: Sequence[ComparedRun]) -> list[Note]:
  return [
    Note(f'There are no event files of a training in {one.run.model_dir}.')
    for one in runs
    if not one.run.train.curves
  ]


def _numbers(
  runs: Sequence[ComparedRun], texts: Sequence[str]
) -> dict[str, Any]:
  first, *others = runs
  return {
    'runs': {
      one.label: {
        'model_dir': one.run.model_dir,
        'recipe': one.run.recipe,
        'step': one.run.steps,
        'metrics': dict(one.metrics),
      }
      for one in runs
    },
    'differences': {
      one.label: {
        name: compared_sections.difference(one, first, name)
        for name in one.metrics
      }
      for one in others
    },
    'settings': compared_run.differences(runs),
    'remarks': [*texts],
  }
