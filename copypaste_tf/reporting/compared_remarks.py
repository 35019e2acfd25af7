"""Finds reasons why the numbers of runs cannot be compared, or differ."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from copypaste_tf.reporting import compared_run
from copypaste_tf.reporting.compared_run import ComparedRun
from copypaste_tf.reporting.run_files import Run

_ABBREVIATED = 12  # Digits of a commit.


def remarks(runs: Sequence[ComparedRun]) -> list[str]:
  """Lists what a reader has to know before the numbers.

  Args:
    runs: the runs, at least two.

  Returns:
    Sentences; none if the runs differ in their settings alone, and are
    evaluated at their ends.
  """
  return [
    *_tasks(runs),
    *_held_out(runs),
    *_metrics(runs),
    *_unfinished(runs),
    *_code(runs),
  ]


def _tasks(runs: Sequence[ComparedRun]) -> Iterator[str]:
  by_task = _grouped(runs, lambda run: run.params.task.name)
  if len(by_task) > 1:
    yield (
      f'The runs are of different tasks: {_listed(by_task)}. Their losses and '
      'metrics have different meanings.'
    )


def _held_out(runs: Sequence[ComparedRun]) -> Iterator[str]:
  identities = [compared_run.held_out(one.run) for one in runs]
  paths = _grouped(runs, lambda run: run.params.task.validation_data.input_path)
  if None in identities:
    gone = runs[identities.index(None)].label
    yield (
      f'The held-out records of {gone} are gone, so nobody can tell whether '
      f'the runs were evaluated on the same images: {_listed(paths)}.'
    )
  elif len(set(identities)) > 1:
    yield (
      f'The runs were evaluated on different held-out records: '
      f'{_listed(paths)}. A difference of their metrics says nothing about '
      'the models.'
    )


def _metrics(runs: Sequence[ComparedRun]) -> Iterator[str]:
  evaluated = [one for one in runs if one.metrics]
  names = [{m for m in one.metrics if '/' not in m} for one in evaluated]
  for one, measured in zip(evaluated, names, strict=True):
    if missing := sorted(set().union(*names) - measured):
      yield f'The evaluation of {one.label} has no {", ".join(missing)}.'


def _unfinished(runs: Sequence[ComparedRun]) -> Iterator[str]:
  for label, run, *_ in runs:
    wanted = run.params.trainer.train_steps
    if run.steps < wanted:
      yield f'{label} is at step {run.steps:,} of {wanted:,}.'


def _code(runs: Sequence[ComparedRun]) -> Iterator[str]:
  commits = _grouped(runs, _commit)
  if len(commits) > 1:
    yield f'The runs are of different commits: {_listed(commits)}.'
  packages = [one.run.versions.get('packages', {}) for one in runs]
  for name in sorted(set().union(*packages)):
    versions = _grouped(runs, functools.partial(_version, name))
    if len(versions) > 1:
      yield f'The runs have different versions of {name}: {_listed(versions)}.'


def _commit(run: Run) -> str:
  commit = run.versions.get('git_commit') or 'unknown'
  changed = ' with changes' if commit.endswith('+') else ''
  return commit[:_ABBREVIATED].rstrip('+') + changed


def _version(package: str, run: Run) -> str:
  return run.versions.get('packages', {}).get(package) or 'none'


def _grouped(
  runs: Sequence[ComparedRun], key: Callable[[Run], Any]
) -> dict[str, list[str]]:
  """Returns the labels of the runs by the text of a property."""
  groups: dict[str, list[str]] = {}
  for one in runs:
    groups.setdefault(str(key(one.run)), []).append(one.label)
  return groups


def _listed(groups: dict[str, list[str]]) -> str:
  return '; '.join(
    f'{", ".join(labels)}: {value}' for value, labels in groups.items()
  )
