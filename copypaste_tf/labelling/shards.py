"""Labels one shard of records, and finds the shards of earlier runs."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from copypaste_tf import records, whole_files
from copypaste_tf.labelling import labels, origin, shard_files
from copypaste_tf.labelling.labels import Detected, Labelled, Rules
from copypaste_tf.labelling.tally import Tally
from copypaste_tf.labelling.teacher import Fault, Teacher
from copypaste_tf.records import Record, tfds_metadata

ON_ERROR = ('skip', 'fail')  # Leave a record out and count it, or stop.


@dataclasses.dataclass(frozen=True)
class Job:
  """The common part of all shards of a labelling.

  Attributes:
    inputs: the files to label, one for each shard.
    output: path and beginning of the names of the shards.
    rules: which detections become labels.
    made_with: the parts of `origin.describe`.
    counted_score: score from which the gates count a label.
    max_detections: most detections of an image that the model makes.
    mask_pngs: whether records carry a PNG of each mask beside the id planes.
    stop: whether a record whose image cannot be read ends the run.
  """

  inputs: origin.Inputs
  output: str
  rules: Rules
  made_with: Mapping[str, Any]
  counted_score: float = 0.5
  max_detections: int = 100
  mask_pngs: bool = False
  stop: bool = False

  def path(self, index: int) -> str:
    """Returns the path of a shard."""
    return shard_files.shard_path(self.output, index, len(self.inputs))

  def origin(self, index: int) -> dict[str, Any]:
    """Returns what a shard of this job is made with."""
    return {**self.made_with, 'input': self.inputs.identity(index)}


def write(
  index: int, job: Job, teacher: Teacher, on_image: Callable[[], None]
) -> dict[str, Any]:
  """Labels a shard; the file and its state appear whole, or not at all.

  Args:
    index: number of the shard.
    job: the job.
    teacher: the model.
    on_image: called after each record.

  Returns:
    The state of the shard.

  Raises:
    ValueError: the input is damaged, the shard cannot be written, a detection
      is not finite, or `job.stop` is set and an image cannot be read. The
      message names the place.
  """
  path, source = job.path(index), job.inputs.paths[index]
  shard_files.remove_unfinished(path)
  tally = Tally()
  with whole_files.file_errors(path), whole_files.replacing(path) as temporary:
    with tf.io.TFRecordWriter(temporary) as writer:
      for serialized in _labelled(source, job, teacher, tally):
        if serialized is not None:
          writer.write(serialized)
        on_image()
    state = {
      'made_with': job.origin(index),
      'size': tf.io.gfile.stat(temporary).length,
      'tally': tally.to_json(),
    }
    # Written before the shard appears: a shard without a state is not ours.
    shard_files.write_json(shard_files.state_path(path), state)
  return state


def _labelled(
  source: str, job: Job, teacher: Teacher, tally: Tally
) -> Iterator[bytes | None]:
  """Yields the labelled records, None for one that is left out."""

  def finish(record: Record, found: Detected) -> tuple[Labelled, bytes]:
    labelled = labels.label(record, found, job.rules)
    masks_png = None if job.mask_pngs else ()
    return labelled, records.serialize(labelled.record, masks_png=masks_png)

  for result in teacher.each(source, finish):
    if not isinstance(result, Fault):
      labelled, serialized = result
      tally.record(labelled, job.counted_score, job.max_detections)
      yield serialized
    elif job.stop:
      raise ValueError(f'{source}: {result.place}: {result.detail}')
    else:
      place = f'{os.path.basename(source)}: {result.place}'
      tally.drop(result.reason, place, result.detail)
      yield None


def prepare(job: Job, *, overwrite: bool) -> dict[int, dict[str, Any]]:
  """Finds what earlier runs and other machines have made of a job.

  Args:
    job: the job.
    overwrite: whether to delete files that were made in another way.

  Returns:
    The state of each finished shard by its number.

  Raises:
    ValueError: files were made with another checkpoint, config, input or other
      rules, and are not to be deleted. The message names the first difference.
  """
  foreign = _foreign(job)
  if foreign and not overwrite:
    path, why = next(iter(foreign.items()))
    raise ValueError(
      f'{path} was made in another way: {why}; give another --output, or '
      '--overwrite to delete it.'
    )
  for path in foreign:
    whole_files.remove(path)
    whole_files.remove(shard_files.state_path(path))
  if foreign:
    whole_files.remove(shard_files.manifest_path(job.output))
    tfds_metadata.write(os.path.dirname(job.output))
  return finished(job)


def finished(job: Job) -> dict[int, dict[str, Any]]:
  """Returns the state of each finished shard of this job by its number."""
  states = _states(job)
  found = {i: states.get(job.path(i)) for i in range(len(job.inputs))}
  return {i: state for i, state in found.items() if _is_whole(job, i, state)}


def is_finished(job: Job, index: int) -> bool:
  """Tells whether a shard is finished by now."""
  path = job.path(index)
  state = shard_files.read_json(shard_files.state_path(path))
  if state is None:
    state = _in_manifest(job).get(path)
  return _is_whole(job, index, state)


def _is_whole(job: Job, index: int, state: Mapping[str, Any] | None) -> bool:
  path = job.path(index)
  return (
    bool(state)
    and not origin.difference(state['made_with'], job.origin(index))
    and tf.io.gfile.exists(path)
    and tf.io.gfile.stat(path).length == state['size']
  )


def _states(job: Job) -> dict[str, dict[str, Any]]:
  """Returns states by shard: those beside the shards, else in the manifest."""
  states = _in_manifest(job)
  for path in shard_files.existing(job.output):
    if path.endswith('.json'):
      # None if another machine has moved it to the manifest meanwhile.
      state = shard_files.read_json(path)
      if state is not None:
        states[path.removesuffix('.json')] = state
  return states


def _in_manifest(job: Job) -> dict[str, dict[str, Any]]:
  whole = shard_files.read_json(shard_files.manifest_path(job.output)) or {}
  folder = os.path.dirname(job.output)
  common = whole.get('arguments', {})
  return {
    os.path.join(folder, shard['file']): {
      'made_with': {**common, 'input': shard.get('input')},
      'size': shard['size'],
      'tally': shard['tally'],
    }
    for shard in whole.get('shards', ())
  }


def _foreign(job: Job) -> dict[str, str]:
  """Returns the shards of other jobs, with what is different about them."""
  states = _states(job)
  indices = {job.path(index): index for index in range(len(job.inputs))}
  found = shard_files.existing(job.output)
  shards = {path.removesuffix('.json') for path in found} | states.keys()
  reasons = {
    path: _difference(job, indices.get(path), states.get(path))
    for path in sorted(shards)
  }
  return {path: why for path, why in reasons.items() if why}


def _difference(
  job: Job, index: int | None, state: Mapping[str, Any] | None
) -> str | None:
  if index is None:
    return f'--input has {len(job.inputs)} files'
  if not state or 'made_with' not in state:
    return 'no state says how'
  return origin.difference(state['made_with'], job.origin(index))
