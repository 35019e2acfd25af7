"""Converts a whole data set: resumes earlier runs and writes the manifest."""

import contextlib
import dataclasses
import hashlib
import json
import os
from typing import Any

from copypaste_tf.examples import SCHEMA_VERSION
from tfrecord_tools import faults, loaders, manifest, shard_pool, sharding
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import Dataset, ImageEntry, ObjectEntry

# Raise this when a change of the converter changes the bytes of its records.
_CONVERTER_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Options:
  """The settings of a conversion.

  Attributes:
    image_dir: folder of the images.
    annotations: file or folder of the annotations.
    output_prefix: path and beginning of the names of the written files.
    num_shards: files to write, at least 1.
    num_workers: processes, at least 1; None is one per available core.
    include_masks: whether records carry masks.
    fraction: part of the images, above 0 and at most 1.
    seed: seed of the order of the images and of the fraction.
    on_error: `skip` or `fail`.
    overwrite: whether to delete files that were made with other flags.
  """

  image_dir: str
  annotations: str
  output_prefix: str
  num_shards: int = 32
  num_workers: int | None = None
  include_masks: bool = True
  fraction: float = 1.0
  seed: int = 0
  on_error: str = 'skip'
  overwrite: bool = False


def convert(options: Options, *, loader: str = 'coco_json') -> dict[str, Any]:
  """Converts a data set.

  Args:
    options: the settings.
    loader: name of the annotations' format; see `loaders.register`.

  Returns:
    The manifest, as written to `<output_prefix>-manifest.json`.

  Raises:
    ConversionError: `on_error` is `fail` and something cannot be used.
    FileNotFoundError: there is no such folder or annotation file.
    ValueError: an option is out of range, the annotations are not in the
      loader's format, or files of another job are in the way.
  """
  _check(options)
  stop = options.on_error == 'fail'
  dataset = loaders.get(loader)(options.annotations, stop=stop)
  _check_masks(options, dataset)
  arguments = {
    'fraction': options.fraction,
    'include_masks': options.include_masks,
    'num_shards': options.num_shards,
    'seed': options.seed,
  }
  job = Job(
    image_dir=options.image_dir,
    output_prefix=options.output_prefix,
    num_shards=options.num_shards,
    include_masks=options.include_masks,
    stop=stop,
    categories=dataset.categories,
    fingerprint=_fingerprint(arguments, dataset),
  )
  earlier = _clear_output(options, job)
  chosen = sharding.sample(
    dataset.images, fraction=options.fraction, seed=options.seed
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
  workers = options.num_workers or len(os.sched_getaffinity(0))
  states.update(shard_pool.write(missing, job, workers))
  result = _manifest(dataset, tasks, states, arguments, job)
  manifest.write(sharding.manifest_path(options.output_prefix), result)
  _remove_states(options.output_prefix)
  return result


def _check(options: Options) -> None:
  if options.num_shards < 1 or options.num_shards > 99_999:
    raise ValueError(f'num_shards is 1 to 99999, got {options.num_shards}.')
  if options.num_workers is not None and options.num_workers < 1:
    raise ValueError(f'num_workers is at least 1, got {options.num_workers}.')
  if options.on_error not in faults.ON_ERROR:
    raise ValueError(
      f'on_error is one of {faults.ON_ERROR}: {options.on_error!r}.'
    )
  if not os.path.isdir(options.image_dir):
    raise FileNotFoundError(f'--image_dir={options.image_dir}: no such folder.')
  if not os.path.exists(options.annotations):
    raise FileNotFoundError(
      f'--annotations={options.annotations}: no such file.'
    )


def _check_masks(options: Options, dataset: Dataset) -> None:
  """Refuses a data set without masks, whose objects would all be dropped."""
  entries = dataset.images.values()
  if not options.include_masks or not any(entry.objects for entry in entries):
    return
  for entry in entries:
    for item in entry.objects:
      if isinstance(item, ObjectEntry) and item.read_mask:
        return
  raise ValueError(
    f'{options.annotations}: no annotation has a segmentation; convert the '
    'boxes alone with --include_masks=false.'
  )


def _fingerprint(arguments: dict[str, Any], dataset: Dataset) -> str:
  versions = [SCHEMA_VERSION, _CONVERTER_VERSION]
  text = json.dumps([arguments, dataset.sha256, versions], sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()


def _clear_output(options: Options, job: Job) -> dict[str, dict[str, Any]]:
  """Removes files of other jobs; returns the states of this job's shards."""
  prefix = options.output_prefix
  os.makedirs(os.path.dirname(prefix) or '.', exist_ok=True)
  for path in sharding.existing(prefix, temporary=True):
    os.remove(path)
  states, foreign = _existing_states(job)
  if not foreign:
    return states
  if not options.overwrite:
    raise ValueError(
      f'{foreign[0]} was made from another annotation file or with other '
      'flags; give another --output_prefix, or --overwrite to delete it.'
    )
  for path in sharding.existing(prefix, temporary=False):
    os.remove(path)
  with contextlib.suppress(FileNotFoundError):
    os.remove(sharding.manifest_path(prefix))
  return {}


def _existing_states(job: Job) -> tuple[dict[str, dict[str, Any]], list[str]]:
  """Returns the states of this job's shards, and the files of other jobs."""
  folder = os.path.dirname(job.output_prefix)
  manifest_path = sharding.manifest_path(job.output_prefix)
  files = sharding.existing(job.output_prefix, temporary=False)
  states, foreign = {}, []
  if os.path.exists(manifest_path):
    whole = manifest.read(manifest_path)
    if whole.get('fingerprint') == job.fingerprint:
      states = {os.path.join(folder, s['file']): s for s in whole['shards']}
    else:
      foreign.append(manifest_path)
  for path in files:
    if path.endswith('.json'):
      states[path.removesuffix('.json')] = manifest.read(path)
  for path, state in states.items():
    if state.get('fingerprint') != job.fingerprint:
      foreign.append(path)
  foreign += [p for p in files if p.removesuffix('.json') not in states]
  return states, foreign


def _manifest(
  dataset: Dataset,
  tasks: dict[int, list[ImageEntry]],
  states: dict[int, dict[str, Any]],
  arguments: dict[str, Any],
  job: Job,
) -> dict[str, Any]:
  tally = manifest.Tally(drops=dataset.drops)
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
    arguments=arguments,
    categories=dataset.categories,
    sources={'annotations': source},
    shards=shards,
  )
  return {**built, 'fingerprint': job.fingerprint}


def _remove_states(prefix: str) -> None:
  for path in sharding.existing(prefix, temporary=False):
    if path.endswith('.json'):
      os.remove(path)
