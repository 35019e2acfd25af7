"""Divides the images of a batch between record sets.

A group is what the sets share: the batch of one replica or, where a replica
gets one image, the images of several replicas.
"""

from typing import NamedTuple

from copypaste_tf.inputs import record_sets, set_problems
from copypaste_tf.inputs.data_config import TrainData

# The short form keeps the seeds that it had before there were sets.
_SEED_STEP, _SHORT_FORM_SEED_STEP = 1000, 1


class Stream(NamedTuple):
  """The records of one set, in the order of one seed.

  Attributes:
    path: TFRecords: paths or glob patterns, separated by commas.
    seed: seed of the order of the records.
    count: images of the set in each group.
  """

  path: str
  seed: int
  count: int


class Layout(NamedTuple):
  """The composition of every group.

  Attributes:
    streams: sets to train on; the images of the first come first in a group.
    sources: stream of images that are only pasted from, one for each image of
      a group; None where the images of a group are pasted from, or none are.
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


def with_batch_size(data: TrainData, least: int) -> TrainData:
  """Returns the config with a small batch that one replica can fill.

  Args:
    data: config of the training inputs.
    least: smallest number of images in the batch.

  Returns:
    The config with the smallest batch from `least` on that all sets can share;
    with its own batch size if there is none up to that.
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
  for number, each in enumerate(record_sets.resolve(data)):
    count = round(each.share * size)
    stream = Stream(each.path, data.seed + step * number, count or size)
    if count:
      streams.append(stream)
      positions = range(start, start + count)
      takers += positions if each.paste_into else ()
      givers += positions if each.pasted_from else ()
      start += count
    elif data.composes():
      sources = stream
  return Layout(streams, sources, takers, givers)
