"""Converts a whole data set: resumes earlier runs and writes the manifest."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from copypaste_tf.examples import SCHEMA_VERSION
from copypaste_tf.pools import choice
from copypaste_tf.pools.pool import Pool
from copypaste_tf.records import tfds_metadata
from tfrecord_tools import (
  box_survey,
  dataset_checks,
  dataset_manifest,
  earlier_runs,
  file_names,
  id_offsets,
  loaders,
  manifest,
  missing_images,
  shard_pool,
  sharding,
  splits,
)
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import Dataset
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
      loader's format, files of another job are in the way, or another process
      writes files of this prefix.
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
  dataset = id_offsets.moved(dataset, options.id_offset)
  dataset_checks.require_images(options.annotations, dataset)
  if options.include_masks:
    dataset_checks.require_masks(options.annotations, dataset)
  images = file_names.resolve(
    dataset.images,
    options.image_dir,
    allow_outside=options.allow_outside_image_dir,
  )
  missing = missing_images.by_folder(dataset.images, images)
  for remark in (
    *missing_images.lines(missing),
    *dataset_checks.missing_folders(dataset.images, images, options.image_dir),
  ):
    print(f'{options.annotations}: {remark}')
  dataset = dataset._replace(images=images, missing=missing)
  parts = {'': list(images)}
  if shares:
    parts = splits.divide(images, shares, seed=options.seed)
  jobs = _jobs(options, dataset, _arguments(options, loader, shares))
  with earlier_runs.alone(options.output_prefix, jobs.values()):
    return _make(options, dataset, parts, jobs, pool)


def _make(
  options: Options,
  dataset: Dataset,
  parts: Mapping[str, Sequence[int]],
  jobs: Mapping[str, Job],
  pool: Pool,
) -> dict[str, dict[str, Any]]:
  """Writes the set of each split; returns their manifests."""
  # Before the first image, so that a refusal comes at once.
  earlier_runs.require_one_division(
    options.output_prefix, parts, overwrite=options.overwrite
  )
  earlier = {
    name: earlier_runs.prepare(job, overwrite=options.overwrite)
    for name, job in jobs.items()
  }
  # Removed records are no longer described, whatever becomes of this run.
  if remark := tfds_metadata.write(os.path.dirname(options.output_prefix)):
    print(remark)
  return {
    name: _write(options, dataset, parts[name], jobs[name], earlier[name], pool)
    for name in parts
  }


def _arguments(
  options: Options, loader: str, shares: Mapping[str, Fraction]
) -> dict[str, dict[str, Any]]:
  """Returns what the bytes of the records depend on, for each split."""
  arguments = {
    'fraction': options.fraction,
    'include_masks': options.include_masks,
    'num_shards': options.num_shards,
    'seed': options.seed,
    **_changes(options),
    **({} if options.mask_pngs else {'mask_pngs': False}),
    **({'id_offset': options.id_offset} if options.id_offset else {}),
    # Another loader makes other records of the same file.
    **({} if loader == 'coco_json' else {'loader': loader}),
  }
  if not shares:
    return {'': arguments}
  parts = {name: float(share) for name, share in shares.items()}
  return {k: {**arguments, 'split': k, 'splits': parts} for k in parts}


def _jobs(
  options: Options,
  dataset: Dataset,
  arguments: Mapping[str, dict[str, Any]],
) -> dict[str, Job]:
  """Returns the job of each split."""
  prefix = options.output_prefix
  box_form = box_survey.form_of(options.annotations, dataset)
  return {
    name: Job(
      image_dir=options.image_dir,
      output_prefix=sharding.split_prefix(prefix, name) if name else prefix,
      num_shards=options.num_shards,
      include_masks=options.include_masks,
      mask_pngs=options.mask_pngs,
      stop=options.on_error == 'fail',
      categories=dataset.categories,
      arguments=settings,
      fingerprint=_fingerprint(settings, dataset),
      box_form=box_form,
    )
    for name, settings in arguments.items()
  }


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
  result = dataset_manifest.build(dataset, tasks, states, job)
  manifest.write(sharding.manifest_path(job.output_prefix), result)
  earlier_runs.remove_states(job.output_prefix)
  tfds_metadata.write(os.path.dirname(job.output_prefix))
  return result


def _changes(options: Options) -> dict[str, Any]:
  """Returns what the loader is asked to do otherwise than by default."""
  first = options.first_category_id
  changes = {} if first is None else {'first_category_id': first}
  if options.images:
    changes['images'] = list(options.images)
  if options.drop_repeated:
    changes['drop_repeated'] = True
  return changes | dict(options.loader_settings)


def _fingerprint(arguments: dict[str, Any], dataset: Dataset) -> str:
  versions = [SCHEMA_VERSION, _CONVERTER_VERSION]
  text = json.dumps([arguments, dataset.sha256, versions], sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()
