"""Makes groups of scenes from record sets, and batches from groups."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from copypaste_tf.inputs import (
  host_part,
  object_roles,
  reader,
  record_sets,
  scene_batches,
)
from copypaste_tf.inputs.batch_layout import Layout
from copypaste_tf.inputs.data_config import RecordSet, TrainData
from copypaste_tf.inputs.host_part import HostPart


def scene_stages(
  data: TrainData, part: HostPart, layout: Layout, calls: int
) -> dict[str, list[tf.data.Dataset]]:
  """Reads, decodes and batches the scenes of groups.

  Args:
    data: config of the training inputs.
    part: the part of the host, and its position.
    layout: the composition of a group.
    calls: records of a stream that are decoded at the same time.

  Returns:
    The stages by name, each with the datasets of the targets and, if the layout
    has them, of the sources.
  """
  groups_done = part.batches_done // _batches_in_group(part, layout)

  def records_of(stream):
    return host_part.records(data, stream, part, groups_done)

  read = [_mixed([*map(records_of, layout.streams)], layout)]
  trained, sources = record_sets.divided(data)
  sets = [
    one
    for one, stream in zip(trained, layout.streams, strict=True)
    for _ in range(stream.count)
  ]
  scored = [_with_scores(read[0], data, sets)]
  if layout.sources:
    read.append(records_of(layout.sources))
    scored.append(_with_scores(read[1], data, sources))
  # The position in a group identifies the set, so the order must stay.
  several = len(layout.streams) > 1
  decoded = [
    reader.scenes(records, calls=calls, keep_order=several, **limits(data))
    for records in scored
  ]
  batched = [
    scenes.batch(layout.group_size, drop_remainder=True) for scenes in decoded
  ]
  if record_sets.are_told_apart(data):
    batched[0] = scene_batches.with_sets(batched[0], layout.numbers)
    if layout.sources:
      numbers = [layout.sources.number] * layout.group_size
      batched[1] = scene_batches.with_sets(batched[1], numbers)
  return {'read': read, 'decode': decoded, 'batch': batched}


def _with_scores(records, data: TrainData, sets: Sequence[RecordSet]):
  """Pairs each record with the score limits of its set, if sets have limits.

  Args:
    records: dataset of serialized examples.
    data: config of the training inputs.
    sets: the set of each record of a group; each further group repeats them.
  """
  limits = [object_roles.score_limits(data, one) for one in sets]
  if None in limits:
    return records
  rows = object_roles.ScoreLimits(*map(list, zip(*limits, strict=True)))
  return tf.data.Dataset.zip(
    records, tf.data.Dataset.from_tensor_slices(rows).repeat()
  )


def _mixed(records, layout: Layout) -> tf.data.Dataset:
  """Concatenates the records of all sets, group by group."""
  if len(records) == 1:
    return records[0]
  shares = [
    dataset.batch(stream.count, drop_remainder=True)
    for dataset, stream in zip(records, layout.streams, strict=True)
  ]
  groups = tf.data.Dataset.zip(*shares)
  return groups.map(lambda *streams: tf.concat(streams, axis=0)).unbatch()


def pair_stage(
  groups: tf.data.Dataset, data: TrainData, part: HostPart, layout: Layout
) -> dict[str, tf.data.Dataset]:
  """Pairs the images of groups, and splits groups into batches.

  Args:
    groups: dataset of batched `Scenes`, or of targets and sources.
    data: config of the training inputs.
    part: the part of the host, and its position.
    layout: the composition of a group.

  Returns:
    The stage by its name, `pair`; empty if the augmentation pairs each batch.
  """
  split = _batches_in_group(part, layout)
  all_positions = [*range(layout.group_size)]
  dataset = groups
  groups_done, skipped_batches = divmod(part.batches_done, split)
  if layout.sources:
    if layout.takers != all_positions:
      dataset = scene_batches.without_paste(groups, layout.takers)
  elif data.composes() and (
    split > 1 or not layout.takers == layout.givers == all_positions
  ):
    dataset = scene_batches.paired(
      groups,
      data.seed,
      takers=layout.takers,
      givers=layout.givers,
      first=part.global_number(groups_done),
      every=part.hosts,
    )
  if split > 1:  # The run may have stopped in the middle of a group.
    dataset = dataset.rebatch(part.batch_size, drop_remainder=True).skip(
      skipped_batches
    )
  return {} if dataset is groups else {'pair': dataset}


def _batches_in_group(part, layout) -> int:
  return layout.group_size // part.batch_size


def limits(data: TrainData) -> dict[str, Any]:
  """Returns the keyword arguments of `reader.scenes` that a config sets."""
  return {
    'source_size': tuple(data.source_size),
    'max_instances': data.max_source_instances,
    'num_planes': data.planes_read(),
    'class_maps': data.class_maps,
    'ignore': object_roles.ignored_kinds(data),
  }
