"""Finds records from which nothing can be learned or measured."""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import data_files, record_sets, repeat_factors
from copypaste_tf.inputs.data_config import ENCODED, TrainData
from copypaste_tf.records import files, image_ids, record_features
from copypaste_tf.tasks.config import BaseConfig

_APART = 10  # Batches in the shuffle buffer for each copy of a record.
_EVAL = 'task.validation_data.input_path'


class Findings(NamedTuple):
  """Results of a check.

  Attributes:
    problems: errors.
    notes: things that are accepted, but may be a mistake; a sentence each.
  """

  problems: list[Problem]
  notes: list[str]


def examine(task: BaseConfig, wanted: Mapping[str, str]) -> Findings:
  """Looks for objects in some records of each path.

  Args:
    task: config of the task.
    wanted: paths or patterns of records by their field; they exist.

  Returns:
    A problem for each path without an object in the records read, unless its
    images are trained on together with those of another path.
  """
  faults, findings = {}, Findings([], [])
  least = _least_scores(task.train_data)
  for field, patterns in wanted.items():
    min_score = least.get(field, 0.0)
    try:
      survey = record_features.sample(data_files.expand(patterns), min_score)
    except (ValueError, OSError, tf.errors.OpError) as error:
      findings.problems.append(Problem(field, str(error).split('\n')[0]))
      continue
    class_maps = _reads_class_maps(task, field)
    if fault := survey.fault(class_maps=class_maps):
      faults[field] = fault if class_maps else f'{fault}{_advice(patterns)}'
    elif note := survey.note():
      findings.notes.append(f'{field}: {note}')
    if not class_maps and survey.scores and not survey.objects:
      # Other sets do not help here.
      findings.problems.append(Problem(field, faults.pop(field)))
    if min_score and survey.records and not survey.scored:
      findings.notes.append(
        f'{field}: the {survey.records} records read have no scores, so '
        f'min_score = {min_score:g} has no effect'
      )
  trained = _trained(task.train_data) & wanted.keys()
  if task.train_data.class_maps != ENCODED and trained - faults.keys():
    # Other images of each batch have objects.
    for field in sorted(trained & faults.keys()):
      findings.notes.append(
        f'{field}: {faults.pop(field)}; its images teach background only'
      )
  findings.problems.extend(Problem(k, fault) for k, fault in faults.items())
  findings.notes.extend([*_shared(wanted), *_small(task.train_data, wanted)])
  readable = {*wanted} - {problem.path for problem in findings.problems}
  findings.notes.extend(_close_copies(task.train_data, readable))
  trained = {k: path for k, path in wanted.items() if k in readable & trained}
  findings.notes.extend(_clashing_ids(trained))
  return findings


def _reads_class_maps(task: BaseConfig, field: str) -> bool:
  data = task.validation_data if field == _EVAL else task.train_data
  return data.class_maps == ENCODED


def _advice(patterns: str) -> str:
  """Says what to do with images that were converted without labels."""
  manifests = files.read_manifests(data_files.expand(patterns))
  if not manifests or any(one.get('labelled', True) for one in manifests):
    return ''
  return (
    '; they were converted without labels. A teacher labels them: python -m '
    'copypaste_tf.pseudo_label'
  )


def _least_scores(data: TrainData) -> dict[str, float]:
  """Returns the minimum score of a label by the field of the path."""
  named = zip(record_sets.paths(data), record_sets.resolve(data), strict=False)
  return {f'task.train_data.{name}': one.min_score for name, one in named}


def _trained(data: TrainData) -> set[str]:
  """Returns the fields of the paths whose images are trained on."""
  fields = zip(record_sets.paths(data), record_sets.resolve(data), strict=False)
  return {f'task.train_data.{name}' for name, one in fields if one.share}


def _shared(wanted):
  """Notes files that are trained on and evaluated on."""
  if _EVAL not in wanted:
    return
  evaluated = {*data_files.expand(wanted[_EVAL])}
  for field, patterns in wanted.items():
    shared = evaluated.intersection(data_files.expand(patterns))
    if field != _EVAL and shared:
      yield (
        f'{_EVAL}: {len(shared)} of {len(evaluated)} files are those of '
        f'{field}; metrics of training images say little about new ones'
      )


def _clashing_ids(wanted: Mapping[str, str]):
  """Notes sets that share a batch and ids, which may be of other images."""
  summaries = {}
  for field, patterns in wanted.items():
    for path in files.manifest_paths(data_files.expand(patterns)):
      if ids := files.read_manifest(path).get(image_ids.KEY):
        summaries[path] = field, ids
  for one, other in itertools.combinations(summaries, 2):
    (_, first), (field, second) = summaries[one], summaries[other]
    shared = image_ids.shared(first, second)
    for number in [*shared][:1]:
      names = ' and '.join(map(repr, shared[number]))
      yield (
        f'{field}: {other} has image ids of {one}, such as {number}: {names}. '
        'Images of one id are taken for the same image, and never pasted into '
        'one another; convert one set with --id_offset if they are not'
      )


def _close_copies(data: TrainData, fields: Iterable[str]):
  """Notes sets whose shuffle buffer is too small to separate repeats."""
  named = zip(record_sets.paths(data), record_sets.resolve(data), strict=False)
  for name, one in named:
    used = 0 < one.repeat_threshold <= 1  # `set_problems` names others.
    if f'task.train_data.{name}' not in fields or not used:
      continue
    factors = repeat_factors.read(
      data_files.expand(one.path), one.repeat_threshold
    )
    least = math.ceil(_APART * data.global_batch_size * factors.largest)
    # All records of a small set fit into the buffer, and are mixed evenly.
    if data.shuffle_buffer_size < min(least, factors.length):
      yield (
        f'task.train_data.{name}: repeats of an image follow one another in '
        f'their file, up to {factors.largest:.3g} of them; with '
        f'TrainData.shuffle_buffer_size = {data.shuffle_buffer_size}, many '
        f'meet in a batch of {data.global_batch_size}; set at least {least}'
      )


def _small(data: TrainData, wanted):
  """Notes sets with fewer images than a batch."""
  for field in sorted(_trained(data) & wanted.keys()):
    images = data_files.known_count(wanted[field])
    if images and images < data.global_batch_size:
      yield (
        f'{field}: {images} images are fewer than the batch of '
        f'{data.global_batch_size}; each step repeats some'
      )
