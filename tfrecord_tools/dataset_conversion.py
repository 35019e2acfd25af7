"""Converts a whole data set: resumes earlier runs and writes the manifest."""

import collections
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from copypaste_tf.examples import SCHEMA_VERSION
from copypaste_tf.pools import choice
from copypaste_tf.pools.pool import Pool
from tfrecord_tools import (
  box_survey,
  dataset_checks,
  earlier_runs,
  file_names,
  loaders,
  manifest,
  shard_pool,
  sharding,
  splits,
)
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import Dataset, ImageEntry
from tfrecord_tools.options import Options as Options
from tfrecord_tools.options import check

# Raise this when a change of the converter changes the bytes of its records.
_CONVERTER_VERSION = 3


def convert(options: Options, *, loader: str = 'coco_json') -> dict[str, Any]:
  """Converts a data set to one set of records.

  Args:
    options: the settings, without a `split`.
    loader: name of the annotations' format; see `loaders.register`.

  Returns:
    The manifest, as written to `<output_prefix>-manifest.json`.

  Raises:
    ConversionError: `on_error` is `fail` and something cannot be used.
    FileNotFoundError: there is no such folder or annotation file.
    ValueError: an option is out of range, the annotations are not in the
      loader's format, or files of another job are in the way.
  """
  if options.split:
    raise ValueError('convert makes one set; convert_splits makes several.')
  return convert_splits(options, loader=loader)['']


def convert_splits(
  options: Options, *, loader: str = 'coco_json'
) -> dict[str, dict[str, Any]]:
  """Converts a data set to a set of records for each split.

  Args:
    options: the settings.
    loader: name of the annotations' format; see `loaders.register`.

  Returns:
    The manifest of each split by its name, as written to
    `<output_prefix>-<name>-manifest.json`; without splits, of the only set, by
    the name ''.

  Raises:
    ConversionError, FileNotFoundError, ValueError: as `convert` does.
  """
  check(options)
  pool = choice.choose(options.num_workers, options.beam_args)
  shares = splits.parse(options.split)
  stop = options.on_error == 'fail'
  dataset = loaders.get(loader)(
    options.annotations, stop=stop, **_changes(options)
  )
  dataset_checks.require_images(options.annotations, dataset)
  if options.include_masks:
    dataset_checks.require_masks(options.annotations, dataset)
  images = file_names.resolve(
    dataset.images,
    options.image_dir,
    allow_outside=options.allow_outside_image_dir,
  )
  for remark in dataset_checks.missing_folders(
    dataset.images, images, options.image_dir
  ):
    print(f'{options.annotations}: {remark}')
  dataset = dataset._replace(images=images)
  parts = {'': list(images)}
  if shares:
    parts = splits.divide(images, shares, seed=options.seed)
  jobs = _jobs(options, dataset, parts, shares)
  # Before the first image, so that a refusal comes at once.
  earlier_runs.require_one_division(
    options.output_prefix, parts, overwrite=options.overwrite
  )
  earlier = {
    name: earlier_runs.prepare(job, overwrite=options.overwrite)
    for name, job in jobs.items()
  }
  return {
    name: _write(options, dataset, parts[name], jobs[name], earlier[name], pool)
    for name in parts
  }


def _arguments(
  options: Options, shares: Mapping[str, Fraction], name: str
) -> dict[str, Any]:
  """Returns the settings on which the bytes of the records depend."""
  arguments = {
    'fraction': options.fraction,
    'include_masks': options.include_masks,
    'num_shards': options.num_shards,
    'seed': options.seed,
    **_changes(options),
    **({} if options.mask_pngs else {'mask_pngs': False}),
  }
  if shares:
    parts = {key: float(share) for key, share in shares.items()}
    arguments |= {'split': name, 'splits': parts}
  return arguments


def _jobs(
  options: Options,
  dataset: Dataset,
  names: Iterable[str],
  shares: Mapping[str, Fraction],
) -> dict[str, Job]:
  """Returns the job of each split."""
  prefix = options.output_prefix
  box_form = box_survey.form_of(options.annotations, dataset)
  jobs = {}
  for name in names:
    arguments = _arguments(options, shares, name)
    jobs[name] = Job(
      image_dir=options.image_dir,
      output_prefix=sharding.split_prefix(prefix, name) if name else prefix,
      num_shards=options.num_shards,
      include_masks=options.include_masks,
      mask_pngs=options.mask_pngs,
      stop=options.on_error == 'fail',
      categories=dataset.categories,
      arguments=arguments,
      fingerprint=_fingerprint(arguments, dataset),
      box_form=box_form,
    )
  return jobs


def _write(
  options: Options,
  dataset: Dataset,
  image_ids: Sequence[int],
  job: Job,
  earlier: dict[str, dict[str, Any]],
  pool: Pool,
) -> dict[str, Any]:
  """Writes what is missing of a set; returns its manifest."""
  chosen = sharding.sample(
    image_ids, fraction=options.fraction, seed=options.seed
  )
  shards = sharding.deal(chosen, options.num_shards)
  tasks = {
    index: [dataset.images[number] for number in shard]
    for index, shard in enumerate(shards)
  }
  states = shard_pool.finished(tasks, job, earlier)
  if states:
    print(f'{len(states)} of {len(tasks)} shards are complete already.')
  missing = {i: task for i, task in tasks.items() if i not in states}
  states.update(shard_pool.write(missing, job, pool))
  result = _manifest(dataset, tasks, states, job)
  manifest.write(sharding.manifest_path(job.output_prefix), result)
  earlier_runs.remove_states(job.output_prefix)
  return result


def _changes(options: Options) -> dict[str, int]:
  """Returns the changes of a data set that were asked for."""
  first = options.first_category_id
  return {} if first is None else {'first_category_id': first}


def _fingerprint(arguments: dict[str, Any], dataset: Dataset) -> str:
  versions = [SCHEMA_VERSION, _CONVERTER_VERSION]
  text = json.dumps([arguments, dataset.sha256, versions], sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()


def _manifest(
  dataset: Dataset,
  tasks: dict[int, list[ImageEntry]],
  states: dict[int, dict[str, Any]],
  job: Job,
) -> dict[str, Any]:
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
  usable = sum(len(entry.objects) for entry in dataset.images.values())
  totals = manifest.Totals(
    dataset.num_images,
    dataset.num_annotations,
    len(dataset.images) - len(taken),
    usable - sum(len(entry.objects) for entry in taken),
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
    'labelled': dataset.labelled,
    'dropped_in_source': in_source,
    'fingerprint': job.fingerprint,
  }
