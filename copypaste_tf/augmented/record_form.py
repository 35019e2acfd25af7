"""Writes examples as TFRecord shards with a manifest."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import records, whole_files
from copypaste_tf.augmented.example_records import Origin
from copypaste_tf.augmented.form import Form, State
from copypaste_tf.examples import SCHEMA_VERSION
from copypaste_tf.records import (
  record_categories,
  shard_names,
  tfds_metadata,
)
from copypaste_tf.records.record import Record

NAME = 'augmented'
"""Beginning of the names of the shards."""


class RecordForm(Form):
  """Shards such as `augmented-00000-of-00004.tfrecord`, one for each part."""

  @property
  def final(self) -> str:
    """Path of the manifest."""
    return shard_names.manifest_path(self.job.path(NAME))

  def write(
    self, part: int, items: Iterable[tuple[Record, Origin]]
  ) -> dict[str, Any]:
    """Writes a shard; see the base class."""
    path = shard_names.shard_path(self.job.path(NAME), part, self.job.parts)
    categories, sizes = [], []
    with (
      whole_files.replacing(path) as new,
      tf.io.TFRecordWriter(new) as writer,
    ):
      for record, _ in items:
        writer.write(records.serialize(record))
        categories.append(record_categories.text(record.classes))
        sizes.append(_sizes(record))
    return {
      'file': os.path.basename(path),
      'size': tf.io.gfile.stat(path).length,
      'num_examples': len(categories),
      'record_categories': categories,
      'largest': _maxima(sizes),
    }

  def join(self, states: Sequence[State]) -> None:
    """Writes the manifest and a description for TensorFlow Datasets."""
    job = self.job
    texts = [t for state in states for t in state['record_categories']]
    images, instances = record_categories.totals(texts)
    names = {c: job.names.get(c, str(c)) for c in {*job.names, *instances}}
    manifest = {
      'schema_version': SCHEMA_VERSION,
      'num_examples': sum(state['num_examples'] for state in states),
      'include_masks': job.data.masks,
      **_maxima([state['largest'] for state in states]),
      'label_map': {str(c): names[c] for c in sorted(names)},
      'categories': {str(c): job.details.get(str(c), {}) for c in names},
      'category_counts': {
        str(c): {'images': images[c], 'instances': instances[c]} for c in names
      },
      'shards': [_shard(state) for state in states],
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
    whole_files.write(self.final, f'{text}\n')
    if remark := tfds_metadata.write(job.folder):
      print(remark)


def _shard(state: State) -> dict[str, Any]:
  facts = {name: state[name] for name in ('file', 'size', 'num_examples')}
  texts = state['record_categories']
  return {**facts, 'tally': {'record_categories': texts}}


def _sizes(record: Record) -> dict[str, int]:
  return {
    'num_planes': len(record.planes),
    'num_crowd_planes': 0,
    'max_instances': len(record.classes),
    'max_height': record.height,
    'max_width': record.width,
  }


def _maxima(rows: Sequence[Mapping[str, int]]) -> dict[str, int]:
  values = np.array([[*row.values()] for row in rows])
  return dict(zip(rows[0], values.max(axis=0).tolist(), strict=True))
