"""Computes the part of the global batch that a host reads, and its position."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from copypaste_tf.inputs import (
  data_files,
  record_order,
  repeat_factors,
)
from copypaste_tf.inputs import repeats as record_repeats
from copypaste_tf.inputs.batch_layout import Stream
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.inputs.record_order import Slice
from copypaste_tf.inputs.repeats import Repeats


class HostPart(NamedTuple):
  """The part of the training input that one host reads.

  Attributes:
    hosts: number of hosts.
    host: number of this host, from 0 on.
    replicas: replicas that this host feeds.
    batch_size: images in the batch of a replica.
    step: training steps taken before.
  """

  hosts: int
  host: int
  replicas: int
  batch_size: int
  step: int

  @property
  def batches_done(self) -> int:
    """Returns the number of batches that this host made in the steps before."""
    return self.step * self.replicas

  @property
  def next_batch(self) -> int:
    """Returns the globally unique number of this host's next batch."""
    return self.global_number(self.batches_done)

  def global_number(self, index: int) -> int:
    """Returns the globally unique number of this host's `index`-th item."""
    return index * self.hosts + self.host

  def of_all_hosts(self) -> 'HostPart':
    """Returns the part of all hosts together, as a tf.data service makes it."""
    return self._replace(hosts=1, host=0, replicas=self.replicas * self.hosts)


def from_context(
  global_batch_size: int,
  input_context: tf.distribute.InputContext | None = None,
  start_step: int = 0,
) -> HostPart:
  """Makes the part of a host from the context of `tf.distribute`.

  Args:
    global_batch_size: images of a step, over all replicas.
    input_context: context of the host; None means one host with one replica.
    start_step: training steps taken before.

  Raises:
    ValueError: the batch does not divide between the replicas.
  """
  if input_context is None:
    return HostPart(1, 0, 1, global_batch_size, start_step)
  hosts = input_context.num_input_pipelines
  return HostPart(
    hosts,
    input_context.input_pipeline_id,
    input_context.num_replicas_in_sync // hosts,
    input_context.get_per_replica_batch_size(global_batch_size),
    start_step,
  )


def records(
  data: TrainData, stream: Stream, part: HostPart, groups_done: int
) -> tf.data.Dataset:
  """Reads the records of one set forever, each epoch in another order.

  Args:
    data: config of the training inputs.
    stream: the set.
    part: the part of the host.
    groups_done: groups that the host has made before; their records are
      skipped.

  Returns:
    A dataset of serialized records, scalar strings.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: there are no records.
  """
  paths = data_files.expand(stream.path)
  knobs = {
    'shuffle_buffer_size': data.shuffle_buffer_size,
    'cycle_length': data.cycle_length,
  }
  if data.data_service:
    # Workers of a service share no position, so each start gets a new order.
    return record_order.splittable_records(
      paths,
      stream.seed,
      first_epoch=part.step,
      repeats=_repeats(stream, paths, paths),
      **knobs,
    )
  share = record_order.slices(paths, part.hosts, part.host)
  _warn_of_split_files(share, part.hosts)
  repeats = _repeats(stream, paths, [piece.path for piece in share])
  epoch, skip = _position(
    share, groups_done * stream.count, stream.seed, repeats
  )
  return record_order.shuffled_records(
    share,
    stream.seed,
    first_epoch=epoch,
    skip=skip,
    repeats=repeats,
    **knobs,
  )


def _repeats(
  stream: Stream, paths: Sequence[str], read: Sequence[str]
) -> Repeats | None:
  """Returns how often records appear; `read` are the paths of this host."""
  if not stream.repeat_threshold:
    return None
  factors = repeat_factors.read(paths, stream.repeat_threshold)
  return record_repeats.of_files(read, factors.by_file)


def _position(
  share: Sequence[Slice], used: int, seed: int, repeats: Repeats | None
) -> tuple[int, int]:
  """Returns the epoch, and the number of records to skip in it."""
  if not used:
    return 0, 0
  if not repeats:
    return divmod(used, max(data_files.count_records(share), 1))
  epoch, length = 0, record_order.epoch_length(share, seed, 0, repeats)
  while used >= length > 0:  # `record_order` refuses files without a record.
    used -= length
    epoch += 1
    length = record_order.epoch_length(share, seed, epoch, repeats)
  return epoch, used


def _warn_of_split_files(share: Sequence[Slice], hosts: int) -> None:
  split = [piece for piece in share if piece.parts > 1]
  if split:
    logging.warning(
      '%d record files can not be dealt out evenly to %d hosts: every host '
      'reads them all and keeps 1 of %d records. Convert with --num_shards a '
      'multiple of %d to read less.',
      len(split),
      hosts,
      hosts,
      hosts,
    )
