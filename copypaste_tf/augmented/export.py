"""Makes the parts of a data set that are missing, and joins them."""

import collections
import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tqdm

from copypaste_tf import whole_files
from copypaste_tf.augmented import example_records, stream
from copypaste_tf.augmented.example_records import Origin
from copypaste_tf.augmented.form import Form, State
from copypaste_tf.augmented.job import Job
from copypaste_tf.config import config_types
from copypaste_tf.file_lock import Lock, Place
from copypaste_tf.records import files, tfds_metadata
from copypaste_tf.records.record import Record

SETTINGS = 'export.json'
LOCK = 'export.lock'
_DIGIT = '[0-9]'
# Patterns of all files of all forms.
_OWN = (
  'parts/*.json',
  'annotations.json',
  *(f'images/{12 * _DIGIT}.{end}' for end in ('jpg', 'png')),
  f'augmented-{5 * _DIGIT}-of-{5 * _DIGIT}.tfrecord',
  'augmented-manifest.json',
)


class States(Sequence[State]):
  """The states of the finished parts, which are read when they are needed."""

  def __init__(self, job: Job):
    """Lists the parts that are finished, up to the first one that is not."""
    paths = [job.path('parts', f'{n:05d}.json') for n in range(job.parts)]
    self._paths = [*itertools.takewhile(tf.io.gfile.exists, paths)]

  def __len__(self) -> int:
    """Returns the number of parts."""
    return len(self._paths)

  def __getitem__(self, part: int) -> State:
    """Reads the state of a part."""
    return files.read_json(self._paths[part])


def export(
  job: Job, form: Form, settings: Mapping[str, Any], *, overwrite: bool
) -> collections.Counter:
  """Writes a data set, or goes on with one that was interrupted.

  Args:
    job: the job.
    form: the form of the data set.
    settings: all that decides the bytes of the files.
    overwrite: delete an export that is finished, or has other settings.

  Returns:
    The numbers of `examples`, `labels`, `pasted` labels, `empty` examples and
    `clipped` labels, for which an example had no room.

  Raises:
    ValueError: the folder holds another or a finished export, or other files;
      another process exports to it; or no example has a label.
  """
  with whole_files.file_errors(f'--output={job.folder}'):
    whole_files.check_folder(job.folder, '--output')
    place = Place('--output', job.folder, 'exports to this folder')
    lock = Lock(job.path(LOCK), place)
  with lock:
    return _export(job, form, settings, overwrite=overwrite)


def _export(
  job: Job, form: Form, settings: Mapping[str, Any], *, overwrite: bool
) -> collections.Counter:
  """Exports to a folder that is locked."""
  with whole_files.file_errors(f'--output={job.folder}'):
    prepare(job, form, settings, overwrite=overwrite)
  done = len(States(job))
  if done < job.parts:
    _make(job, form, done)
  states = States(job)
  total = collections.Counter()
  for state in states:
    total.update(state['counts'])
  if not total['labels']:
    raise ValueError(
      f'none of the {job.count} examples has a label, so no data set was '
      'written; look at them with copypaste_tf.visualize'
    )
  form.join(states)
  tf.io.gfile.rmtree(job.path('parts'))
  return total


def prepare(
  job: Job, form: Form, settings: Mapping[str, Any], *, overwrite: bool
) -> None:
  """Makes an existing folder ready; see `export`."""
  path = job.path(SETTINGS)
  # As the file gives them back: tuples are lists, keys are text.
  wanted = json.loads(json.dumps(settings))
  found = whole_files.read_json(path)
  if found is None:
    if others := _others(job.folder):
      raise ValueError(
        f'--output={job.folder}: expected a new or empty folder, got one with '
        f'{others[0]}'
      )
  elif found is not None and (fault := _fault(job, form, found, wanted)):
    if not overwrite:
      raise ValueError(fault)
    _remove(job)
  whole_files.write(path, json.dumps(wanted, indent=1) + '\n')
  tf.io.gfile.makedirs(job.path('parts'))


def _others(folder: str) -> list[str]:
  """Lists the files of a folder without those of its lock."""
  names = sorted(tf.io.gfile.listdir(folder))
  return [name for name in names if not name.startswith(LOCK)]


def _fault(job: Job, form: Form, found: Any, wanted: Any) -> str:
  """Returns why an export cannot go on; empty if it can."""
  old, new = config_types.flatten(found), config_types.flatten(wanted)
  changes = [
    f'{name}: {old.get(name)!r} -> {new.get(name)!r}'
    for name in sorted(old.keys() | new.keys())
    if old.get(name) != new.get(name)
  ]
  if changes:
    return (
      f'--output={job.folder} holds an export of other settings; choose '
      f'another folder, or pass --overwrite: {"; ".join(changes[:5])}'
    )
  # The states are removed last.
  finished = not tf.io.gfile.exists(job.path('parts'))
  if finished and tf.io.gfile.exists(form.final):
    return (
      f'--output={job.folder} holds this export, finished; pass --overwrite to '
      'make it again'
    )
  return ''


def _make(job: Job, form: Form, first: int) -> None:
  """Writes the parts from `first` on."""
  before = first * job.part_size
  with (
    contextlib.closing(stream.examples(job, first)) as source,
    tqdm.tqdm(
      total=job.count, initial=before, unit='example', smoothing=0.05
    ) as bar,
  ):
    for part in range(first, job.parts):
      counts = collections.Counter()
      items = _items(job, part, source, counts, bar)
      state = {**form.write(part, items), 'counts': counts}
      path = job.path('parts', f'{part:05d}.json')
      whole_files.write(path, json.dumps(state))


def _items(
  job: Job, part: int, source, counts: collections.Counter, bar: tqdm.tqdm
) -> Iterator[tuple[Record, Origin]]:
  """Yields the examples of a part, and counts them."""
  for number in job.numbers(part):
    example = next(source)
    record = example_records.record(
      example, number, job.names, job.image_format
    )
    origin = example_records.origin(example)
    labels = len(record.classes)
    clipped = int(example.statistics['instances_clipped'])
    counts.update(examples=1, labels=labels, empty=int(not labels))
    counts.update(pasted=sum(origin.pasted), clipped=clipped)
    bar.update()
    yield record, origin


def _remove(job: Job) -> None:
  for pattern in _OWN:
    for path in tf.io.gfile.glob(job.path(pattern)):
      whole_files.remove(path)
  tfds_metadata.write(job.folder)  # It describes the records that are left.
