"""Compares a config with the record files that it names."""

import itertools
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf import printable, records
from copypaste_tf.config.config_types import Problem
from copypaste_tf.console import saying
from copypaste_tf.inputs import data_files, record_sets
from copypaste_tf.inputs.data_config import ENCODED
from copypaste_tf.records import files
from copypaste_tf.tasks import registry
from copypaste_tf.training.checks import object_checks
from copypaste_tf.training.checks.object_checks import Findings

_PROBED = 32  # Number of records to read if there is no manifest.
_OF_VOC = 'make them with tfrecord_tools.create_voc_tfrecord: docs/voc.md'
# How to make records other than those of COCO, by their folder in the recipes.
_MAKERS = {
  'shapes': 'make the generated shapes with: make shapes',
  'voc': _OF_VOC,
  'voc12_seg': _OF_VOC,
}


class Facts(NamedTuple):
  """A summary of records.

  Attributes:
    include_masks: every object has a mask.
    classes: class names by category id.
    num_planes: largest number of id planes in a record.
    max_instances: largest number of objects in a record.
  """

  include_masks: bool
  classes: dict[int, str]
  num_planes: int
  max_instances: int


def examine(
  params: cfg.ExperimentConfig, mode: str, missing_data: bool
) -> Findings:
  """Finds records that are missing, hold nothing or do not fit the config.

  Args:
    params: the config.
    mode: mode of the run.
    missing_data: accept that files do not exist.
  """
  task, wanted = params.task, {}
  if 'train' in mode:
    sets = record_sets.paths(task.train_data)
    wanted |= {f'task.train_data.{field}': path for field, path in sets.items()}
  if 'eval' in mode:
    wanted['task.validation_data.input_path'] = task.validation_data.input_path
  missing = [_missing(field, patterns) for field, patterns in wanted.items()]
  absent = {problem.path for problem in missing if problem}
  present = {k: path for k, path in wanted.items() if k not in absent}
  with saying('looking at the records'):
    findings = object_checks.examine(task, present)
    empty = {problem.path for problem in findings.problems}
    facts = {k: gather(path) for k, path in present.items() if k not in empty}
  listed = [] if missing_data else [*filter(None, missing)]
  listed += findings.problems
  for field in facts:
    listed += _misfits(params, field, facts[field])
  for field in facts:  # The records of one path may be of several data sets.
    for problem in _label_maps(data_files.label_maps(present[field])):
      listed.append(Problem(field, f'{problem.path}: {problem.message}'))
  listed += _label_maps({field: x.classes for field, x in facts.items()})
  if 'eval' in mode and not missing_data:
    listed += _annotations(task)
  return Findings(listed, findings.notes)


def gather(patterns: str) -> Facts:
  """Summarises records from their manifests, or else from the first records.

  Args:
    patterns: paths or glob patterns of the records, separated by commas.
  """
  paths = data_files.expand(patterns)
  manifests = files.read_manifests(paths)
  if manifests:
    return Facts(
      all(manifest['include_masks'] for manifest in manifests),
      data_files.joined_label_map(manifests),
      max(manifest['num_planes'] for manifest in manifests),
      max(manifest['max_instances'] for manifest in manifests),
    )
  read = records.read_records(paths)
  probed = [record for _, _, record in itertools.islice(read, _PROBED)]
  return Facts(
    all(record.has_masks for record in probed),
    {
      int(k): name
      for record in probed
      for k, name in zip(record.classes, record.class_names, strict=True)
    },
    max((len(record.planes) for record in probed), default=0),
    max((len(record.classes) for record in probed), default=0),
  )


def _missing(path: str, patterns: str) -> Problem | None:
  """Returns the problem if records are missing, with a command to make them."""
  if not patterns:
    return Problem(path, 'no records are given')
  try:
    data_files.expand(patterns)
  except FileNotFoundError as error:
    prefix = re.split(r'[-*?\[]', patterns.split(',')[0])[0] or 'records'
    folder, split = os.path.split(prefix)
    make = (
      f'make them with: python -m tfrecord_tools.create_coco_tfrecord '
      f'--image_dir=IMAGES --annotations=instances_{split}.json '
      f'--output_prefix={prefix}'
    )
    make = _MAKERS.get(os.path.basename(folder), make)
    return Problem(path, f'{error}; {make}')
  return None


def _misfits(params, path: str, facts: Facts) -> Iterator[Problem]:
  """Finds settings of the config that do not fit the records."""
  data = params.task.train_data
  task = registry.build(params.task)
  num_classes = task.num_classes
  highest = max(facts.classes, default=0)
  name = printable.escape(facts.classes.get(highest, ''))
  if num_classes is not None and highest >= num_classes:
    yield Problem(
      'task.model.num_classes',
      f'{num_classes} does not fit the label map of {path}: its highest '
      f'category id is {highest} ({name}); set '
      f'{task.model_configurable}.num_classes = {highest + 1}',
    )
  if 'train_data' not in path or data.class_maps == ENCODED:
    return
  if data.masks and not facts.include_masks:
    use = 'Copy-Paste is on' if data.composes() else 'training needs masks'
    alone = '' if data.composes() else '; TrainData.masks = False needs none'
    yield Problem(
      path,
      f'{use}, but the records have no masks; convert them again with '
      f'--include_masks=true{alone}',
    )
  labels = facts.max_instances
  if data.class_maps:  # The labels are the classes, with the background.
    labels = min(labels, len(facts.classes)) + 1
  for field, count in (
    ('num_planes', facts.num_planes if data.masks else 0),
    ('max_source_instances', labels),
  ):
    if count > getattr(data, field):
      yield Problem(
        f'task.train_data.{field}',
        f'a record of {path} needs {count}, got {getattr(data, field)}; set '
        f'TrainData.{field} = {count}',
      )


def _label_maps(label_maps: dict[str, dict[int, str]]) -> Iterator[Problem]:
  """Finds category ids that have different names in two record sets."""
  for (one, names), (other, others) in itertools.combinations(
    label_maps.items(), 2
  ):
    shared = sorted(names.keys() & others.keys())
    differing = [k for k in shared if names[k] != others[k]]
    for category in differing[:1]:  # All differ between releases of LVIS.
      more = f'; so do {len(differing) - 1} others' * (len(differing) > 1)
      yield Problem(
        other,
        f'category {category} is {others[category]!r} here and '
        f'{names[category]!r} in {one}{more}',
      )


def _annotations(task) -> Iterator[Problem]:
  if task.annotation_file and not tf.io.gfile.exists(task.annotation_file):
    yield Problem('task.annotation_file', f'no file {task.annotation_file!r}')
