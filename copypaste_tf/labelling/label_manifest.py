"""Builds the manifest of labelled shards, in the form of the converter's."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from copypaste_tf import whole_files
from copypaste_tf.examples import SCHEMA_VERSION
from copypaste_tf.labelling import gates, shard_files
from copypaste_tf.labelling.labels import APART_PX
from copypaste_tf.labelling.shards import Job
from copypaste_tf.labelling.tally import Tally
from copypaste_tf.records import (
  image_ids,
  record_categories,
  tfds_metadata,
)

_APART = 'boxes_apart_from_masks'


def total(states: Mapping[int, Mapping[str, Any]]) -> Tally:
  """Returns the counts of shards, from their states by number."""
  tally = Tally()
  for index in sorted(states):
    tally.add(Tally.from_json(states[index]['tally']))
  return tally


def build(job: Job, states: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
  """Builds the manifest.

  Args:
    job: the job.
    states: the state of every shard by its number.

  Returns:
    The manifest. It does not depend on the time, on places, or on the machines
    that made the shards.
  """
  tally = total(states)
  names = dict(sorted(job.rules.names.items()))
  return {
    'schema_version': SCHEMA_VERSION,
    'num_examples': tally.num_examples,
    'include_masks': True,
    'pseudo': True,
    'labelled': True,
    **tally.largest,
    'num_crowd_planes': 0,
    'label_map': {str(number): name for number, name in names.items()},
    'categories': {str(number): {} for number in names},
    'category_counts': _category_counts(tally, names),
    'counts': _counts(tally),
    'dropped': {
      'images': dict(tally.images_dropped),
      'annotations': dict(tally.annotations_dropped),
      'examples': tally.examples,
    },
    'notes': {_APART: tally.apart} if tally.apart else {},
    'note_examples': {},
    'counted': dataclasses.asdict(tally.counted),
    'arguments': dict(job.made_with),
    **image_ids.stated(job.inputs.paths),
    'shards': [_shard(job, i, states[i]) for i in sorted(states)],
  }


def write(job: Job, states: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
  """Writes the manifest, then removes what it replaces; returns it."""
  manifest = build(job, states)
  shard_files.write_json(shard_files.manifest_path(job.output), manifest)
  for index in states:
    whole_files.remove(shard_files.state_path(job.path(index)))
  shard_files.remove_hidden(job.output)
  if remark := tfds_metadata.write(os.path.dirname(job.output)):
    print(remark)
  return manifest


def text(manifest: Mapping[str, Any]) -> str:
  """Describes a set for a person.

  Args:
    manifest: the result of `build`.
  """
  written = {kind: n['written'] for kind, n in manifest['counts'].items()}
  labels = written['annotations']
  counted = gates.LabelCounts(**manifest['counted'])
  apart = manifest['notes'].get(_APART, 0)
  lines = [
    f'{written["images"]} images with {labels} labels in '
    f'{len(manifest["shards"])} shards',
    f'of a score of {manifest["arguments"]["counted_score"]:g} or more: '
    f'{counted.labels} labels, {counted.per_image:.2f} an image; '
    f'{counted.empty} images have none, {counted.full} have as many as the '
    'model can detect',
    f'{apart / max(labels, 1):.1%} of the labels have a box with an edge more '
    f'than {APART_PX} pixels from that of their mask',
  ]
  for kind, name in (('images', 'records'), ('annotations', 'detections')):
    for reason, count in sorted(manifest['dropped'][kind].items()):
      lines.append(f'{name} left out: {reason}: {count}')
  return '\n'.join(lines)


def _shard(job: Job, index: int, state: Mapping[str, Any]) -> dict[str, Any]:
  # `arguments` has the settings that all shards share.
  return {
    'input': state['made_with']['input'],
    'size': state['size'],
    'tally': state['tally'],
    'file': os.path.basename(job.path(index)),
    'num_examples': state['tally']['num_examples'],
  }


def _category_counts(
  tally: Tally, names: Mapping[int, str]
) -> dict[str, dict[str, int]]:
  images, instances = record_categories.totals(tally.record_categories)
  return {
    str(number): {'images': images[number], 'instances': instances[number]}
    for number in names
  }


def _counts(tally: Tally) -> dict[str, dict[str, int]]:
  dropped = tally.annotations_dropped.total()
  return {
    'images': {
      'in': tally.images,
      'written': tally.num_examples,
      'dropped': tally.images_dropped.total(),
      'not_selected': 0,
    },
    'annotations': {
      'in': tally.num_annotations + dropped,
      'written': tally.num_annotations,
      'dropped': dropped,
      'not_selected': 0,
    },
  }
