"""Builds the manifest of a conversion from its source and its shards."""

import collections
import os
from typing import Any

from copypaste_tf.records import image_ids
from tfrecord_tools import manifest, sharding
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import Dataset, ImageEntry


def build(
  dataset: Dataset,
  tasks: dict[int, list[ImageEntry]],
  states: dict[int, dict[str, Any]],
  job: Job,
) -> dict[str, Any]:
  """Builds the manifest of a complete set of records.

  Args:
    dataset: the whole source.
    tasks: the images of each shard of the set.
    states: the state of each shard.
    job: the conversion.

  Returns:
    The manifest; see `manifest.build`. It also has what concerns the source.
  """
  tally = manifest.Tally(notes=collections.Counter(dataset.notes))
  tally.drops.add(dataset.drops)
  shards = []
  for index in sorted(states):
    shard_tally = manifest.Tally.from_json(states[index]['tally'])
    tally.add(shard_tally)
    path = sharding.shard_path(job.output_prefix, index, job.num_shards)
    shards.append(
      {
        **states[index],
        'file': os.path.basename(path),
        'num_examples': shard_tally.num_examples,
      }
    )
  taken = [entry for entries in tasks.values() for entry in entries]
  usable = sum(entry.num_labels for entry in dataset.images.values())
  totals = manifest.Totals(
    dataset.num_images,
    dataset.num_annotations,
    len(dataset.images) - len(taken),
    usable - sum(entry.num_labels for entry in taken),
  )
  source = {'sha256': dataset.sha256, 'size': dataset.size}
  built = manifest.build(
    tally,
    totals,
    arguments=job.arguments,
    categories=dataset.categories,
    sources={'annotations': source},
    shards=shards,
  )
  # Without them, a small split would seem to lose more than the data set does.
  in_source = {
    'images': dict(dataset.drops.images),
    'annotations': dict(dataset.drops.annotations),
  }
  return {
    **built,
    **dataset.renumbered,
    **({'missing_images': dict(dataset.missing)} if dataset.missing else {}),
    image_ids.KEY: image_ids.summary(
      {entry.id: entry.file_names[0] for entry in taken}
    ),
    'labelled': dataset.labelled,
    'dropped_in_source': in_source,
    'fingerprint': job.fingerprint,
  }
