"""The part of the global batch that a host reads, and where it goes on."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from copypaste_tf.inputs import data_files, record_order
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.inputs.record_order import Slice


class HostPart(NamedTuple):
  """What one host contributes.

  Attributes:
    hosts: how many there are.
    host: which one this is.
    replicas: that it feeds.
    batch_size: images of a replica's batch.
    step: steps taken before.
  """

  hosts: int
  host: int
  replicas: int
  batch_size: int
  step: int

  @property
  def done(self) -> int:
    """Batches that this host has made in the steps before."""
    return self.step * self.replicas

  @property
  def first_number(self) -> int:
    """The number of the next batch, which no other host has."""
    return self.number(self.done)

  def number(self, index: int) -> int:
    """Returns what no host but this gives to the i-th of something."""
    return index * self.hosts + self.host

  def of_service(self) -> 'HostPart':
    """Returns what all hosts together have, which a service makes for them."""
    return self._replace(hosts=1, host=0, replicas=self.replicas * self.hosts)


def of(
  global_batch_size: int,
  input_context: tf.distribute.InputContext | None = None,
  start_step: int = 0,
) -> HostPart:
  """Returns the part of a host.

  Args:
    global_batch_size: images of a step, over all replicas.
    input_context: of the host; None is the only one, with one replica.
    start_step: steps taken before.

  Raises:
    ValueError: the replicas can't share the batch.
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
  data: TrainData, patterns: str, seed: int, part: HostPart, done: int
) -> tf.data.Dataset:
  """Returns endless serialized records, in the order of the config.

  Args:
    data: the config of the training inputs.
    patterns: which of its records.
    seed: of their order.
    part: what the host has.
    done: batches whose records are left out.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: there are no records.
  """
  paths = data_files.expand(patterns)
  knobs = {
    'shuffle_buffer_size': data.shuffle_buffer_size,
    'cycle_length': data.cycle_length,
  }
  if data.data_service:
    # Its workers are in no common position; an order that was never used is.
    return record_order.splittable_records(
      paths, seed, first_epoch=part.step, **knobs
    )
  share = record_order.slices(paths, part.hosts, part.host)
  _tell_split_files(share, part.hosts)
  epoch, skip = _position(share, done * part.batch_size)
  return record_order.shuffled_records(
    share, seed, first_epoch=epoch, skip=skip, **knobs
  )


def _position(share: Sequence[Slice], used: int) -> tuple[int, int]:
  """Returns the epoch, and the records of it that were used before."""
  if not used:
    return 0, 0
  return divmod(used, max(data_files.count_records(share), 1))


def _tell_split_files(share: Sequence[Slice], hosts: int) -> None:
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
