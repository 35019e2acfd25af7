"""Finds files of earlier runs of a conversion; removes those of others."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.file_lock import Lock, Place
from tfrecord_tools import manifest, sharding, storage
from tfrecord_tools.conversion import Job


@contextlib.contextmanager
def alone(prefix: str, jobs: Iterable[Job]) -> Iterator[None]:
  """Keeps other processes from writing the same files, in a context.

  Args:
    prefix: the `--output_prefix`; its folder is made.
    jobs: the conversion of each split.

  Raises:
    LockedError: another process writes files of one of these prefixes.
  """
  _make_folder(prefix)
  with contextlib.ExitStack() as stack:
    for name in sorted({prefix, *(job.output_prefix for job in jobs)}):
      place = Place('--output_prefix', name, 'writes these files')
      with whole_files.file_errors(f'--output_prefix={name}'):
        lock = Lock(sharding.lock_path(name), place)
      stack.enter_context(lock)
    yield


def prepare(job: Job, *, overwrite: bool) -> dict[str, dict[str, Any]]:
  """Makes room for the files of a job.

  Args:
    job: the conversion.
    overwrite: whether to delete files that another job has made.

  Returns:
    The state of each shard that an earlier run of this job has written, by its
    path.

  Raises:
    ValueError: files of another job are in the way.
  """
  prefix = job.output_prefix
  for path in sharding.existing(prefix, temporary=True):
    whole_files.remove(path)
  states, foreign = _existing_states(job)
  if not foreign:
    return states
  if not overwrite:
    raise ValueError(
      f'{foreign[0]} was made from other annotations or images, or with other '
      'flags; give another --output_prefix, or --overwrite to delete it.'
    )
  for path in sharding.existing(prefix, temporary=False):
    whole_files.remove(path)
  whole_files.remove(sharding.manifest_path(prefix))
  return {}


def require_one_division(
  prefix: str, names: Collection[str], *, overwrite: bool
) -> None:
  """Makes sure that no glob of a prefix finds an image in two divisions.

  Args:
    prefix: the `--output_prefix`.
    names: names of the splits of this run; only '' without splits.
    overwrite: whether to delete the files of other divisions.

  Raises:
    ValueError: there are files of an earlier run with other splits or none.
  """
  files = [] if '' in names else _set_files(prefix)
  for name, path in sharding.splits_made(prefix).items():
    arguments = _content(path).get('arguments')
    of_prefix = isinstance(arguments, dict) and arguments.get('split') == name
    if of_prefix and name not in names:
      files += _set_files(sharding.split_prefix(prefix, name))
  if files and not overwrite:
    raise ValueError(
      f'{files[0]} is of an earlier run with this --output_prefix and another '
      f'--split; {prefix}* would find images twice. Give another '
      '--output_prefix, or --overwrite to delete it.'
    )
  for path in files:
    whole_files.remove(path)


def _set_files(prefix: str) -> list[str]:
  """Returns the shards, states and manifest of a prefix."""
  path = sharding.manifest_path(prefix)
  files = sharding.existing(prefix, temporary=False)
  return files + [path] * storage.exists(path)


def _make_folder(prefix: str) -> None:
  folder, name = os.path.split(prefix)
  if not name:
    raise ValueError(
      f'--output_prefix={prefix} ends in a folder; add the beginning of the '
      f'names, such as {prefix}train.'
    )
  fault = f'--output_prefix={prefix}: the folder {folder} cannot be made'
  with whole_files.file_errors(fault):
    tf.io.gfile.makedirs(folder or '.')


def remove_states(prefix: str) -> None:
  """Removes the states of shards, which a manifest holds from now on.

  What workers that were lost have left goes with them.
  """
  for path in sharding.existing(prefix, temporary=True):
    whole_files.remove(path)
  for path in sharding.existing(prefix, temporary=False):
    if path.endswith('.json'):
      whole_files.remove(path)


def _existing_states(job: Job) -> tuple[dict[str, dict[str, Any]], list[str]]:
  """Returns the states of this job's shards, and the files of other jobs."""
  folder = os.path.dirname(job.output_prefix)
  manifest_path = sharding.manifest_path(job.output_prefix)
  files = sharding.existing(job.output_prefix, temporary=False)
  states, foreign = {}, []
  if storage.exists(manifest_path):
    whole = _content(manifest_path)
    if whole.get('fingerprint') == job.fingerprint:
      states = {os.path.join(folder, s['file']): s for s in whole['shards']}
    else:
      foreign.append(manifest_path)
  for path in files:
    if path.endswith('.json'):
      states[path.removesuffix('.json')] = _content(path)
  for path, state in states.items():
    if state.get('fingerprint') != job.fingerprint:
      foreign.append(path)
  foreign += [p for p in files if p.removesuffix('.json') not in states]
  return states, foreign


def _content(path: str) -> dict[str, Any]:
  """Reads a manifest or a state; a damaged one is of no known job."""
  try:
    return manifest.read(path)
  except ValueError:
    return {}
