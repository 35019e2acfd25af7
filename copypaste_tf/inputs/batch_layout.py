"""Divides the images of a batch between record sets.

The sets share the images of a group. A group is the batch of one replica. If a
replica gets a single image, a group holds the images of several replicas.
"""

from typing import NamedTuple

from copypaste_tf.inputs import record_sets, set_problems
from copypaste_tf.inputs.data_config import TrainData

# With `input_path` instead of `sets`, seeds stay as they were in old runs.
_SEED_STEP, _SHORT_FORM_SEED_STEP = 1000, 1


class Stream(NamedTuple):
  """The records of one set, in an order that a seed decides.

  Attributes:
    path: TFRecords: paths or glob patterns, separated by commas.
    seed: seed of the order of the records.
    count: images of the set in each group.
    repeat_threshold: see `RecordSet`.
    number: number of the set.
  """

  path: str
  seed: int
  count: int
  repeat_threshold: float = 0.0
  number: int = 0


class Layout(NamedTuple):
  """The composition of every group.

  Attributes:
    streams: sets to train on, in the order of their images in a group.
    sources: stream of images that are only pasted from, one for each image of
      a group; None if the images of the group are pasted onto one another, or
      nothing is pasted.
    takers: positions in the group of images that are pasted into.
    givers: positions in the group of images that are pasted from; empty with
      `sources`.
  """

  streams: list[Stream]
  sources: Stream | None
  takers: list[int]
  givers: list[int]

  @property
  def group_size(self) -> int:
    """Returns the number of images in a group."""
    return sum(stream.count for stream in self.streams)

  @property
  def numbers(self) -> list[int]:
    """Returns the number of the set of each image in a group."""
    return [s.number for s in self.streams for _ in range(s.count)]


def with_batch_size(data: TrainData, least: int) -> TrainData:
  """Returns the config with the smallest batch that all sets can share.

  Args:
    data: config of the training inputs.
    least: smallest number of images in the batch.

  Returns:
    The config with the smallest batch size from `least` up to its own that all
    sets can share; the same config if there is none.
  """
  for size in range(least, max(least, data.global_batch_size) + 1):
    smaller = data.replace(global_batch_size=size)
    if not any(set_problems.problems(smaller, group_size(smaller, size, 1))):
      return smaller
  return data


def group_size(data: TrainData, batch_size: int, replicas: int) -> int:
  """Returns the number of images that are shared and paired together.

  Args:
    data: config of the training inputs.
    batch_size: images in the batch of a replica.
    replicas: replicas that the host feeds.

  Returns:
    The batch size; where that is 1 and several images are needed to pair them
    or to hold all sets, the number of replicas, at least 2.
  """
  if batch_size > 1:
    return batch_size
  trained, sources = record_sets.divided(data)
  paired = data.composes() and not sources
  return max(replicas, 2) if paired or len(trained) > 1 else 1


def layout(data: TrainData, size: int) -> Layout:
  """Divides a group between the sets.

  Args:
    data: config of the training inputs.
    size: images in the group.

  Returns:
    The `Layout` of every group.

  Raises:
    ValueError: the sets cannot share the group; see `set_problems`.
  """
  for field, message in set_problems.problems(data, size):
    raise ValueError(f'TrainData.{field}: {message}')
  step = _SEED_STEP if data.sets else _SHORT_FORM_SEED_STEP
  streams, sources, takers, givers, start = [], None, [], [], 0
  for number, record_set in enumerate(record_sets.resolve(data)):
    count = round(record_set.share * size)
    stream = Stream(
      record_set.path,
      data.seed + step * number,
      count or size,
      record_set.repeat_threshold,
      number,
    )
    if count:
      streams.append(stream)
      positions = range(start, start + count)
      takers += positions if record_set.paste_into else ()
      givers += positions if record_set.pasted_from else ()
      start += count
    elif data.composes():
      sources = stream
  return Layout(streams, sources, takers, givers)
