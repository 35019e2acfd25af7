"""Reads the metrics of a run, and the conditions of its measurement."""

import collections
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.config import config_types
from copypaste_tf.inputs import composing, data_config, data_files
from copypaste_tf.reporting import run_files
from copypaste_tf.training.run import progress, run_record

from . import cells, measured_start

NOT_BEGUN = 'not begun'
# The statistic of a composition of images that is 0 if it never acted.
_ACTS = {
  'copy_paste': 'paste/objects_pasted',
  'mixup': 'mixup/images_mixed',
}
# The runs of a row may differ in their seeds and in the places of files. The
# contents of the records are compared instead.
_FREE = ('train_data.seed', 'path', 'init_checkpoint', 'annotation_file')
_REMEDY = 'remove the folders of one and start run_table again'


@dataclasses.dataclass(frozen=True)
class MeasuredRun:
  """A run and its evaluation at the last step.

  Attributes:
    run: the files of the run.
    problem: why its numbers do not count; empty if they do.
    metrics: of the evaluation at the last step, in [0, 1]; empty with a
      problem.
    code: commit and packages, which decide what a run computes.
    evaluated_on: digest of the evaluation records and annotations.
    trained_on: digest of the training records.
    started_from: digest of the weights that it started from; empty for random
      weights, and for those of another run that the row names.
    extra: settings of the command that the row does not name.
  """

  run: run_files.Run
  problem: str
  metrics: Mapping[str, float]
  code: Mapping[str, str | None]
  evaluated_on: str
  trained_on: str
  started_from: str
  extra: tuple[str, ...] = ()

  @property
  def commit(self) -> str:
    """The first characters of the commit; `+` at the end means changes."""
    commit = self.code.get('git_commit') or 'unknown'
    return commit[:7] + '+' * commit.endswith('+')


def read(
  folder: str, training: Sequence[str], start: str = ''
) -> MeasuredRun | str:
  """Reads a run.

  Args:
    folder: the `model_dir`.
    training: the command of the row; see `cells.command`.
    start: path, below all runs, of the run that it must start from, if any.

  Returns:
    The run; or why there is none, such as `not begun`.

  Raises:
    ValueError: a file is damaged.
  """
  if not tf.io.gfile.exists(os.path.join(folder, run_record.PARAMS)):
    return NOT_BEGUN
  run = run_files.read(folder)
  rows = whole_files.read_rows(os.path.join(folder, progress.HISTORY))
  if run.results.get('step', -1) < run.params.trainer.train_steps:
    return f'at step {run.steps} of {run.params.trainer.train_steps}'
  named = {*cells.settings(training)}
  began = {*cells.settings(run.versions.get('command', []))}
  task = run.params.task
  problem = (
    _lacking(named - began)
    or measured_start.fault(task, start)
    or _problem(run, rows)
  )
  leaves = config_types.flatten(task.train_data.as_dict())
  return MeasuredRun(
    run=run,
    problem=problem,
    metrics={} if problem else _metrics(run.results),
    code={'git_commit': run.versions.get('git_commit')}
    | dict(run.versions.get('packages', {})),
    evaluated_on=digest(
      task.validation_data.input_path, getattr(task, 'annotation_file', '')
    ),
    trained_on=digest(
      *(
        value
        for name, value in leaves.items()
        if name.endswith('path') and isinstance(value, str)
      )
    ),
    started_from='' if start else measured_start.digest(task.init_checkpoint),
    extra=tuple(sorted(map(''.join, began - named))),
  )


def _lacking(settings: Iterable[tuple[str, ...]]) -> str:
  lines = sorted(map(''.join, settings))
  return f'ran without {", ".join(lines)}' if lines else ''


def _metrics(results: Mapping[str, Any]) -> dict[str, float]:
  """Returns the metrics of the last evaluation, without absent ones (-1)."""
  return {k: v for k, v in results['eval'].items() if v >= 0}


def _problem(run: run_files.Run, rows: Sequence[Mapping[str, Any]]) -> str:
  evaluation = run.results.get('eval')
  if not evaluation:
    return 'not evaluated'
  steps = [row['step'] for row in rows if evaluation.keys() <= row.keys()]
  last = run.params.trainer.train_steps
  if not steps or steps[-1] != last:
    return f'evaluated at step {max(steps, default="?")} and not at {last}'
  name = _composition(run.params.task.train_data)
  if name in _ACTS and not any(row.get(_ACTS[name]) for row in rows):
    return f'{name} never acted ({_ACTS[name]} is 0)'
  return ''


def _composition(data: data_config.TrainData) -> str:
  """Returns the name of what makes one image of two; empty without it."""
  if data.copy_paste is not None:
    return 'copy_paste'
  return composing.parse(data.composition)[0] if data.composition else ''


def digest(*patterns: str) -> str:
  """Identifies records by their contents, whatever their folder.

  The converter's manifests state the contents. Other files are read whole.

  Args:
    *patterns: paths or glob patterns, separated by commas.

  Returns:
    A digest. If the files are gone, it is that of the patterns: runs of the
    same patterns then count as runs of the same records.
  """
  whole = hashlib.sha256()
  for pattern in sorted(filter(None, patterns)):
    try:
      paths = _listed(pattern)
    except FileNotFoundError:
      whole.update(pattern.encode())
      continue
    known = data_files.shards(paths)
    for path in paths:
      fact = known.get(path, {})
      stated = json.dumps(fact, sort_keys=True).encode()
      if 'fingerprint' not in fact:
        stated = whole_files.sha256(path).encode()
      whole.update(stated)
  return whole.hexdigest()


def _listed(pattern: str) -> list[str]:
  if tf.io.gfile.exists(pattern):  # An annotation file, or one record file.
    return [pattern]
  return data_files.expand(pattern)


def differences(
  runs: Sequence[MeasuredRun],
  *,
  same_records: bool = False,
  same_start: bool = False,
) -> list[str]:
  """Lists why runs may not be averaged or compared, whatever their arms.

  Args:
    runs: runs without a problem.
    same_records: whether their training records must be the same, too.
    same_start: whether they must have started from the same weights.

  Returns:
    One sentence for each kind of difference; none if all is equal.
  """
  found = _differences_of_code(runs)
  if found:
    found.append(_REMEDY)
  if len({run.evaluated_on for run in runs}) > 1:
    found.append('mixed evaluation records')
  if same_records and len({run.trained_on for run in runs}) > 1:
    found.append('mixed training records')
  if same_start and len({run.started_from for run in runs}) > 1:
    found.append('mixed weights to start from (init_checkpoint)')
  if len({run.extra for run in runs}) > 1:
    found.append('mixed settings that the rows do not name')
  return found


def _differences_of_code(runs: Sequence[MeasuredRun]) -> list[str]:
  """Lists parts of the code that differ, with the seeds of each version."""
  found = []
  commits = {run.code.get('git_commit'): run.commit for run in runs}
  for name in sorted({*runs[0].code}.union(*(run.code for run in runs))):
    seeds = collections.defaultdict(set)
    for run in runs:
      seed = str(run.run.params.task.train_data.seed)
      seeds[run.code.get(name)].add(seed)
    if len(seeds) > 1:
      shown = [
        f'{commits.get(version, version)} (seed {" ".join(sorted(of_version))})'
        for version, of_version in seeds.items()
      ]
      found.append(f'mixed {name}: {", ".join(sorted(shown))}')
  return found


def changes(runs: Sequence[MeasuredRun]) -> list[str]:
  """Lists how the runs of one row and fraction differ, besides the seed.

  Args:
    runs: runs without a problem.

  Returns:
    `differences`, and lines of the config.
  """
  found = differences(runs, same_records=True, same_start=True)
  for other in runs[1:]:
    lines = run_record.differences(other.run.model_dir, runs[0].run.params)
    found += [f'mixed {line}' for line in lines if not _is_free(line)]
  return list(dict.fromkeys(found))


def _is_free(line: str) -> bool:
  return line.partition(':')[0].endswith(_FREE)
